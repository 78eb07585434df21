"""Staff change booked appointments."""

from datetime import date, timedelta

import pytest

from portal_core.appointments.errors import (
    AlreadyStarted,
    NotBooked,
    NotStarted,
)
from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.use_cases.block_time import BlockTimeCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointmentCommand
from portal_core.appointments.use_cases.get_schedule import GetScheduleQuery
from portal_core.appointments.use_cases.hold_slot import HoldSlotCommand
from portal_core.appointments.use_cases.mark_no_show import MarkNoShowCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from portal_core.kernel.errors import Invalid, NotFound, StaleVersion
from portal_core.kernel.money import Money
from tests.support.contracts.appointments.world import ZONE, new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import WEDNESDAY, booked, grey, start_times


class TestStaffChanges:
    async def test_cancel_for_all_remaining_clients(self, scenario: BookingScenario) -> None:
        view = await booked(scenario, "ann", "bob")
        await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=view.id, reason="Mine"))
        notices_before = len(await scenario.world.notices())
        command = CancelAppointmentForClientsCommand(
            appointment_id=view.id, reason="Dr. Grey is ill", version=view.version + 1
        )
        gone = await scenario.use_cases.cancel_for(scenario.world.front_desk, command)
        assert gone.status == "cancelled"
        reasons = {one.client_id: (one.reason, one.cancelled_late, one.fee_due) for one in gone.attendances}
        assert reasons == {
            scenario.ann.client_id: ("Mine", False, None),
            scenario.bob.client_id: ("Dr. Grey is ill", False, None),
        }
        notified = [one.to_client or one.to_account for one in (await scenario.world.notices())[notices_before:]]
        assert notified == [scenario.bob.client_id, scenario.grey_account_id]
        assert (await scenario.use_cases.get_appointment(scenario.bob, view.id)).cancel_reason == "Dr. Grey is ill"
        assert len(await scenario.world.jobs("offer_freed_slot")) == 1
        assert len(await start_times(scenario)) == 8

    async def test_cancelled_time_is_not_offered_when_disabled(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        await scenario.use_cases.cancel_for(
            scenario.world.front_desk,
            CancelAppointmentForClientsCommand(appointment_id=view.id, offer_to_waitlist=False),
        )
        assert await scenario.world.jobs("offer_freed_slot") == []

    async def test_reschedule_for_all_clients(self, scenario: BookingScenario) -> None:
        view = await booked(scenario, "ann", "bob")
        green = await scenario.world.add_clinician("Dr. Green")
        account = await scenario.world.add_clinician_account(green)
        appointment_type = (await self._appointment_types(scenario))[view.appointment_type_id]
        notices_before = len(await scenario.world.notices())
        command = RescheduleAppointmentForClientsCommand(
            appointment_id=view.id,
            choice=scenario.world.choice(green, appointment_type, new_york(5, 19)),
            outside_hours=True,
            version=view.version,
        )
        moved = await scenario.use_cases.reschedule_for(scenario.world.front_desk, command)
        assert (moved.id, moved.starts_at, moved.clinician_name) == (view.id, new_york(5, 19), "Dr. Green")
        notified = [
            (one.kind, one.to_client or one.to_account) for one in (await scenario.world.notices())[notices_before:]
        ]
        assert notified == [
            ("appointment_rescheduled", scenario.ann.client_id),
            ("appointment_rescheduled", scenario.bob.client_id),
            ("appointment_rescheduled", account),
            ("appointment_cancelled", scenario.grey_account_id),
        ]
        assert (await scenario.use_cases.get_appointment(scenario.bob, view.id)).version == 1
        with pytest.raises(StaleVersion):
            await scenario.use_cases.reschedule_for(scenario.world.front_desk, command)

    async def _appointment_types(self, scenario: BookingScenario) -> dict[object, object]:
        async with scenario.world.begin(scenario.world.front_desk) as unit:
            return dict((await unit.directory.for_practice()).appointment_types)

    async def test_reschedule_by_clinician(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        notices_before = len(await scenario.world.notices())
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(5, 10))
        await scenario.use_cases.reschedule_for(
            grey(scenario), RescheduleAppointmentForClientsCommand(appointment_id=view.id, choice=choice)
        )
        notified = [(one.kind, one.to_client) for one in (await scenario.world.notices())[notices_before:]]
        assert notified == [("appointment_rescheduled", scenario.ann.client_id)]
        assert len(await start_times(scenario)) == 8
        assert len(await scenario.world.jobs("offer_freed_slot")) == 1

    async def test_moving_takes_over_the_time_zone_and_is_audited_for_each_client(
        self, scenario: BookingScenario
    ) -> None:
        view = await booked(scenario, "ann", "bob")
        appointment_type = (await self._appointment_types(scenario))[view.appointment_type_id]
        office = await scenario.world.add_location(time_zone="America/Chicago")
        choice = scenario.world.choice(scenario.grey, appointment_type, new_york(5, 12), office.id)
        booked_at = scenario.world.clock.now()
        scenario.world.clock.advance(timedelta(minutes=5))
        await scenario.use_cases.reschedule_for(
            scenario.world.front_desk,
            RescheduleAppointmentForClientsCommand(appointment_id=view.id, choice=choice, outside_hours=True),
        )
        async with scenario.world.begin(scenario.world.system) as unit:
            stored = (await unit.appointments.get_for_practice(view.id)).appointment
            [entry] = await unit.calendar.busy([scenario.grey], new_york(5, 0), new_york(6, 0), booked_at)
        assert (stored.time_zone, stored.location_id, stored.booked_at) == ("America/Chicago", office.id, booked_at)
        assert (entry.id, entry.purpose) == (stored.calendar_entry_id, "appointment")
        audited = [one for one in await scenario.world.audit() if one.action == "appointment.rescheduled"]
        clients = (scenario.ann.client_id, scenario.bob.client_id)
        assert [(one.target, one.record) for one in audited] == [(view.id, one) for one in clients]

    async def test_reschedule_keeps_appointment_type(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        other = await scenario.world.add_appointment_type("Other")
        choice = scenario.world.choice(scenario.grey, other, new_york(5, 10))
        with pytest.raises(Invalid):
            await scenario.use_cases.reschedule_for(
                scenario.world.front_desk, RescheduleAppointmentForClientsCommand(appointment_id=view.id, choice=choice)
            )

    async def test_complete_and_no_show(self, scenario: BookingScenario) -> None:
        front, view, other = scenario.world.front_desk, await booked(scenario), await booked(scenario, "bob", hour=11)
        done = CompleteAppointmentCommand(appointment_id=view.id)
        missed = MarkNoShowCommand(appointment_id=other.id, client_id=scenario.bob.client_id)
        for operation in (scenario.use_cases.complete(front, done), scenario.use_cases.no_show(front, missed)):
            with pytest.raises(NotStarted):
                await operation
        scenario.world.clock.at = new_york(4, 11)
        assert (await scenario.use_cases.complete(grey(scenario), done)).status == "completed"
        assert (await scenario.use_cases.no_show(grey(scenario), missed)).status == "no_show"
        assert (await scenario.use_cases.get_appointment(scenario.bob, other.id)).status == "no_show"
        for operation in (
            scenario.use_cases.complete(front, done),
            scenario.use_cases.no_show(front, missed),
            scenario.use_cases.cancel_for(front, CancelAppointmentForClientsCommand(appointment_id=view.id)),
        ):
            with pytest.raises(NotBooked):
                await operation
        actions = {one.action for one in await scenario.world.audit() if one.target in (view.id, other.id)}
        assert {"appointment.completed", "appointment.no_show"} <= actions

    @pytest.mark.parametrize(
        ("own", "charge_fee", "due"),
        [(30, None, 30), (30, True, 30), (30, False, None), (None, None, None), (None, True, 80), (None, False, None)],
    )
    async def test_no_show_is_charged_as_the_practice_and_staff_decide(
        self, scenario: BookingScenario, own: int | None, charge_fee: bool | None, due: int | None
    ) -> None:
        settings = AppointmentSettings(late_cancel_fee=Money(80), no_show_fee=Money(own) if own else None)
        await scenario.world.save_appointment_settings(settings)
        view = await booked(scenario)
        scenario.world.clock.at = view.starts_at
        before = len(await scenario.world.notices())
        missed = MarkNoShowCommand(appointment_id=view.id, client_id=scenario.ann.client_id, charge_fee=charge_fee)
        await scenario.use_cases.no_show(scenario.world.front_desk, missed)
        seen = await scenario.use_cases.get_appointment(scenario.ann, view.id)
        assert (seen.status, seen.fee_due) == ("no_show", Money(due) if due else None)
        assert [one.kind for one in (await scenario.world.notices())[before:]] == (["no_show_fee"] if due else [])
        [audited] = [one for one in await scenario.world.audit() if one.action == "appointment.no_show"]
        assert audited.facts == {"fee": "charge" if due else "keep"}

    async def test_no_show_is_not_charged_a_fee_that_the_practice_does_not_have(
        self, scenario: BookingScenario
    ) -> None:
        view = await booked(scenario)
        scenario.world.clock.at = view.starts_at
        missed = MarkNoShowCommand(appointment_id=view.id, client_id=scenario.ann.client_id, charge_fee=True)
        with pytest.raises(Invalid) as refused:
            await scenario.use_cases.no_show(scenario.world.front_desk, missed)
        assert [one.path for one in refused.value.fields] == ["charge_fee"]
        with pytest.raises(Invalid):
            AppointmentSettings(no_show_fee=Money(0))

    async def test_no_show_for_one_of_two_clients(self, scenario: BookingScenario) -> None:
        view = await booked(scenario, "ann", "bob")
        scenario.world.clock.at = new_york(4, 10, 20)
        with pytest.raises(AlreadyStarted):
            await scenario.use_cases.cancel_for(
                scenario.world.front_desk, CancelAppointmentForClientsCommand(appointment_id=view.id)
            )
        missed = MarkNoShowCommand(appointment_id=view.id, client_id=scenario.ann.client_id)
        assert (await scenario.use_cases.no_show(scenario.world.front_desk, missed)).status == "booked"
        with pytest.raises(NotBooked):
            await scenario.use_cases.no_show(scenario.world.front_desk, missed)
        stranger = MarkNoShowCommand(appointment_id=view.id, client_id=scenario.world.ids.new())
        with pytest.raises(NotFound):
            await scenario.use_cases.no_show(scenario.world.front_desk, stranger)
        await scenario.use_cases.complete(scenario.world.front_desk, CompleteAppointmentCommand(appointment_id=view.id))
        assert (await scenario.use_cases.get_appointment(scenario.ann, view.id)).status == "no_show"
        assert (await scenario.use_cases.get_appointment(scenario.bob, view.id)).status == "completed"

    async def test_clinicians_change_only_their_own_appointments(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        green = await scenario.world.add_clinician("Dr. Green")
        actor = scenario.world.as_staff("clinician", clinician_id=green)
        scenario.world.clock.at = new_york(4, 9)
        own_time = scenario.world.choice(green, scenario.appointment_type, new_york(5, 10))
        for operation in (
            scenario.use_cases.cancel_for(actor, CancelAppointmentForClientsCommand(appointment_id=view.id)),
            scenario.use_cases.reschedule_for(
                actor, RescheduleAppointmentForClientsCommand(appointment_id=view.id, choice=own_time)
            ),
            scenario.use_cases.complete(actor, CompleteAppointmentCommand(appointment_id=view.id)),
            scenario.use_cases.no_show(
                actor, MarkNoShowCommand(appointment_id=view.id, client_id=scenario.ann.client_id)
            ),
            scenario.use_cases.cancel_for(
                scenario.world.front_desk, CancelAppointmentForClientsCommand(appointment_id=scenario.world.ids.new())
            ),
        ):
            with pytest.raises(NotFound):
                await operation
        assert (await scenario.use_cases.get_appointment(scenario.ann, view.id)).status == "booked"


class TestSchedule:
    async def test_clinicians_see_only_their_own_day(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        mine = await booked(scenario, hour=11)
        other = await scenario.world.add_booking(
            green, scenario.appointment_type, new_york(4, 9), scenario.bob.client_id
        )
        held = await scenario.use_cases.hold(
            scenario.bob,
            HoldSlotCommand(scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 14))),
        )
        block = await scenario.use_cases.block(
            grey(scenario),
            BlockTimeCommand(clinician_id=scenario.grey, starts_at=new_york(4, 16), ends_at=new_york(5, 16)),
        )
        day = await scenario.use_cases.get_schedule(
            scenario.world.front_desk, GetScheduleQuery(first_day=WEDNESDAY, last_day=WEDNESDAY)
        )
        assert (day.first_day, day.last_day, day.time_zone) == (WEDNESDAY, WEDNESDAY, ZONE)
        assert [one.id for one in day.appointments] == [other.appointment.id, mine.id]
        assert [(one.purpose, one.starts_at) for one in day.busy] == [
            ("hold", held.starts_at),
            ("block", block.starts_at),
        ]
        for query in (
            GetScheduleQuery(first_day=WEDNESDAY, last_day=WEDNESDAY),
            GetScheduleQuery(first_day=WEDNESDAY, last_day=WEDNESDAY, clinician_id=scenario.grey),
        ):
            own = await scenario.use_cases.get_schedule(grey(scenario), query)
            assert [one.id for one in own.appointments] == [mine.id]
        of_green = await scenario.use_cases.get_schedule(
            scenario.world.front_desk, GetScheduleQuery(first_day=WEDNESDAY, last_day=WEDNESDAY, clinician_id=green)
        )
        assert [one.id for one in of_green.appointments] == [other.appointment.id]
        assert of_green.busy == ()

    async def test_week_has_all_its_days_in_the_zone_of_the_practice(self, scenario: BookingScenario) -> None:
        """Clocks go forward on Sunday, 8 March; the week is an hour shorter."""
        booked_at = [
            await scenario.world.add_booking(scenario.grey, scenario.appointment_type, at, scenario.ann.client_id)
            for at in (new_york(1, 23), new_york(2, 0), new_york(5, 9), new_york(8, 23), new_york(9, 0))
        ]
        block = await scenario.use_cases.block(
            grey(scenario),
            BlockTimeCommand(clinician_id=scenario.grey, starts_at=new_york(1, 10), ends_at=new_york(2, 10)),
        )
        week = await scenario.use_cases.get_schedule(
            scenario.world.front_desk, GetScheduleQuery(first_day=date(2026, 3, 2), last_day=date(2026, 3, 8))
        )
        assert [one.id for one in week.appointments] == [one.appointment.id for one in booked_at[1:4]]
        assert [one.id for one in week.busy] == [block.id]

    def test_schedule_has_at_most_31_days_in_order(self) -> None:
        day = date(2026, 3, 2)
        for wrong in (day - timedelta(days=1), day + timedelta(days=31)):
            with pytest.raises(Invalid) as refused:
                GetScheduleQuery(first_day=day, last_day=wrong)
            assert [one.path for one in refused.value.fields] == ["last_day"]
        GetScheduleQuery(first_day=day, last_day=day + timedelta(days=30))

    async def test_schedule_is_audited_per_client(self, scenario: BookingScenario) -> None:
        await booked(scenario, "ann", "bob")
        await booked(scenario, hour=12)
        await scenario.use_cases.get_schedule(
            scenario.world.front_desk, GetScheduleQuery(first_day=WEDNESDAY, last_day=WEDNESDAY)
        )
        read = [one.record for one in await scenario.world.audit() if one.action == "appointments.read"]
        assert sorted(read) == sorted([scenario.ann.client_id, scenario.bob.client_id])

    def test_extreme_dates_are_refused(self) -> None:
        for day in (date.min, date.max):
            with pytest.raises(Invalid):
                GetScheduleQuery(first_day=day, last_day=day)
