"""What the practice does to its own calendar in random histories: hours, dates that differ, closed places, blocks."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from portal_core.appointments.use_cases.add_availability_exception import AddAvailabilityExceptionCommand
from portal_core.appointments.use_cases.block_time import BlockTimeCommand
from portal_core.appointments.use_cases.publish_availability import Opening, PublishAvailabilityCommand
from portal_core.appointments.use_cases.remove_availability_exception import RemoveAvailabilityExceptionCommand
from tests.support.contracts.appointments.reference_model import Differs, Hours, Taken
from tests.support.contracts.appointments.state_machine_base import DAYS, TIMES, AppointmentsTable
from tests.support.contracts.appointments.world import AUDITED, ZONE, new_york


class OpeningRules(AppointmentsTable):
    """The rules of the practice's side that nobody's appointment is changed by."""

    @rule(late=st.sampled_from(["refuse", "allow", "fee"]))
    def decide_on_late_cancellations(self, late: str) -> None:
        self.model.late = late
        type(self).run(self.world.save_rules(self.settled_rules()))

    @rule(data=st.data(), starts=st.sampled_from([9, 9, 10]), hours=st.sampled_from([8] * 8 + [6, 3, 0]))
    def publish(self, data: st.DataObject, starts: int, hours: int) -> None:
        clinician, place = data.draw(st.sampled_from(self.clinicians)), data.draw(st.sampled_from(self.places))
        openings = tuple(
            Opening(weekday=weekday, starts=time(starts), ends=time(starts + hours), place_id=place)
            for weekday in range(5 if hours else 0)
        )
        command = PublishAvailabilityCommand(clinician_id=clinician, openings=openings)
        self.attempt(self.desk.publish(self.world.desk, command), None)
        self.model.hours[clinician] = Hours(place, starts, starts + hours)

    @rule(data=st.data(), day=st.sampled_from([*DAYS, 7]), starts=st.integers(8, 16), hours=st.sampled_from([1, 2, 5]))
    def a_date_differs(self, data: st.DataObject, day: int, starts: int, hours: int) -> None:
        """Some hours more, a Saturday too, or some fewer: at one place, or at all."""
        clinician, place = data.draw(st.sampled_from(self.clinicians)), data.draw(st.sampled_from(self.places))
        differs = Differs(clinician, new_york(day, 12).date(), data.draw(st.booleans()), starts, starts + hours, place)
        command = AddAvailabilityExceptionCommand(
            clinician_id=clinician,
            date=differs.day,
            opens=differs.opens,
            starts=time(differs.starts),
            ends=time(differs.ends),
            place_id=place,
        )
        over = differs.day < self.now.astimezone(ZoneInfo(ZONE)).date()
        view = self.attempt(self.desk.add_exception(self.world.desk, command), "invalid" if over else None)
        if view is not None:
            self.model.differing[view.id] = differs

    @precondition(lambda self: self.model.differing)
    @rule(data=st.data())
    def a_date_is_as_ever_again(self, data: st.DataObject) -> None:
        exception_id = data.draw(st.sampled_from(list(self.model.differing)))
        command = RemoveAvailabilityExceptionCommand(
            clinician_id=self.model.differing.pop(exception_id).clinician, exception_id=exception_id
        )
        self.attempt(self.desk.remove_exception(self.world.desk, command), None)

    @rule(closing=st.sampled_from([False, False, True]))
    def a_place_closes_or_opens(self, closing: bool) -> None:
        """Hours that were published for it stay."""
        type(self).run(self._save_place(active=not closing))
        self.model.closed = {self.office.id} if closing else set()

    async def _save_place(self, *, active: bool) -> None:
        self.office = evolve(self.office, active=active, version=self.office.version + 1)
        async with self.world.begin(self.world.desk) as unit:
            await unit.setup.save_place(self.office, AUDITED)
            await unit.commit(None)

    @rule(data=st.data(), at=TIMES, hours=st.integers(1, 2))
    def block(self, data: st.DataObject, at: datetime, hours: int) -> None:
        clinician, until = data.draw(st.sampled_from(self.clinicians)), at + timedelta(hours=hours)
        command = BlockTimeCommand(clinician_id=clinician, starts_at=at, ends_at=until)
        view = self.attempt(self.desk.block(self.world.desk, command), None)
        assert view is not None
        assert set(view.conflicts) == {
            one.id
            for one in self.model.booked.values()
            if one.status == "booked" and one.clinician == clinician and one.at < until and at < one.until
        }
        self.model.blocks[view.id] = Taken(clinician, at, until)

    @precondition(lambda self: self.model.blocks)
    @rule(data=st.data())
    def unblock(self, data: st.DataObject) -> None:
        block_id = data.draw(st.sampled_from(list(self.model.blocks)))
        self.attempt(self.desk.unblock(self.world.desk, block_id), None)
        del self.model.blocks[block_id]
