"""State-machine rules for the practice's calendar: hours, exceptions, closed locations and blocks."""

from datetime import datetime, time, timedelta

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from portal_core.appointments.use_cases.add_availability_exception import AddAvailabilityExceptionCommand
from portal_core.appointments.use_cases.block_time import BlockTimeCommand
from portal_core.appointments.use_cases.publish_availability import Opening, PublishAvailabilityCommand
from portal_core.appointments.use_cases.remove_availability_exception import RemoveAvailabilityExceptionCommand
from portal_core.kernel.time_zones import zone_info
from tests.support.contracts.appointments.reference_model import ModelBusyTime, ModelException, ModelHours
from tests.support.contracts.appointments.state_machine_base import DAYS, TIMES, AppointmentsStateMachineBase
from tests.support.contracts.appointments.world import AUDIT_ENTRY, ZONE, ids_of, new_york


class OpeningHoursStateMachine(AppointmentsStateMachineBase):
    """The practice's rules that change no appointment."""

    @rule(late_cancel=st.sampled_from(["refuse", "allow", "fee"]))
    def set_late_cancel(self, late_cancel: str) -> None:
        self.model.late_cancel = late_cancel
        type(self).run(self.world.save_appointment_settings(self.current_settings()))

    @rule(data=st.data(), start_hour=st.sampled_from([9, 9, 10]), hours=st.sampled_from([8] * 8 + [6, 3, 0]))
    def publish(self, data: st.DataObject, start_hour: int, hours: int) -> None:
        clinician, location = data.draw(st.sampled_from(self.clinicians)), data.draw(st.sampled_from(self.locations))
        openings = tuple(
            Opening(
                weekday=weekday, start_time=time(start_hour), end_time=time(start_hour + hours), location_id=location
            )
            for weekday in range(5 if hours else 0)
        )
        command = PublishAvailabilityCommand(clinician_id=clinician, openings=openings)
        self.attempt(self.use_cases.publish(self.world.front_desk, command), None)
        self.model.hours[clinician] = ModelHours(location, start_hour, start_hour + hours)

    @rule(
        data=st.data(), day=st.sampled_from([*DAYS, 7]), start_hour=st.integers(8, 16), hours=st.sampled_from([1, 2, 5])
    )
    def add_exception(self, data: st.DataObject, day: int, start_hour: int, hours: int) -> None:
        """Add or remove hours on a date, Saturdays included: at one location, or at all."""
        clinician, location = data.draw(st.sampled_from(self.clinicians)), data.draw(st.sampled_from(self.locations))
        exception = ModelException(
            clinician, new_york(day, 12).date(), data.draw(st.booleans()), start_hour, start_hour + hours, location
        )
        command = AddAvailabilityExceptionCommand(
            clinician_id=clinician,
            date=exception.day,
            available=exception.available,
            start_time=time(exception.start_hour),
            end_time=time(exception.end_hour),
            location_id=location,
        )
        past = exception.day < self.now.astimezone(zone_info(ZONE)).date()
        view = self.attempt(self.use_cases.add_exception(self.world.front_desk, command), "invalid" if past else None)
        if view is not None:
            self.model.exceptions[view.id] = exception

    @precondition(lambda self: self.model.exceptions)
    @rule(data=st.data())
    def remove_exception(self, data: st.DataObject) -> None:
        exception_id = data.draw(st.sampled_from(list(self.model.exceptions)))
        command = RemoveAvailabilityExceptionCommand(
            clinician_id=self.model.exceptions.pop(exception_id).clinician, exception_id=exception_id
        )
        self.attempt(self.use_cases.remove_exception(self.world.front_desk, command), None)

    @rule(closing=st.sampled_from([False, False, True]))
    def toggle_location(self, closing: bool) -> None:
        """Close or open a location. Hours published for it stay."""
        type(self).run(self._save_location(active=not closing))
        self.model.closed = {self.office.id} if closing else set()

    async def _save_location(self, *, active: bool) -> None:
        self.office = evolve(self.office, active=active, version=self.office.version + 1)
        async with self.world.begin(self.world.front_desk) as unit:
            await unit.setup.save_location(self.office, AUDIT_ENTRY)
            await unit.commit(None)

    @rule(data=st.data(), at=TIMES, hours=st.integers(1, 2))
    def block(self, data: st.DataObject, at: datetime, hours: int) -> None:
        clinician, until = data.draw(st.sampled_from(self.clinicians)), at + timedelta(hours=hours)
        command = BlockTimeCommand(clinician_id=clinician, starts_at=at, ends_at=until)
        view = self.attempt(self.use_cases.block(self.world.front_desk, command), None)
        assert view is not None
        assert set(ids_of(view.conflicts)) == {
            one.id
            for one in self.model.appointments.values()
            if one.status == "booked" and one.clinician == clinician and one.at < until and at < one.until
        }
        self.model.blocks[view.id] = ModelBusyTime(clinician, at, until)

    @precondition(lambda self: self.model.blocks)
    @rule(data=st.data())
    def unblock(self, data: st.DataObject) -> None:
        block_id = data.draw(st.sampled_from(list(self.model.blocks)))
        self.attempt(self.use_cases.unblock(self.world.front_desk, block_id), None)
        del self.model.blocks[block_id]
