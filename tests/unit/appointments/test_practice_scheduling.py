"""Staff publish availability, block time, and book."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.errors import (
    NotBookable,
    NotStarted,
    OutsideAvailability,
    OverlappingAppointment,
    SlotTaken,
    TooSoon,
)
from portal_core.appointments.use_cases.add_availability_exception import AddAvailabilityExceptionCommand
from portal_core.appointments.use_cases.block_time import BlockTimeCommand
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.get_schedule import GetScheduleQuery
from portal_core.appointments.use_cases.hold_slot import HoldSlotCommand
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.publish_availability import Opening, PublishAvailabilityCommand
from portal_core.appointments.use_cases.remove_availability_exception import RemoveAvailabilityExceptionCommand
from portal_core.appointments.views import AppointmentFilter
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, PortalError, StaleVersion
from tests.support.contracts.appointments.world import ZONE, ids_of, new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import NINE_TO_TWELVE, WEDNESDAY, booked, grey, start_times


class TestAvailability:
    async def test_published_week_replaces_previous_one(self, scenario: BookingScenario) -> None:
        command = PublishAvailabilityCommand(clinician_id=scenario.grey, openings=(NINE_TO_TWELVE,))
        view = await scenario.use_cases.publish(grey(scenario), command)
        (rule,) = view.rules
        assert (rule.weekday, rule.start_time, rule.end_time, rule.time_zone) == (2, "09:00", "12:00", ZONE)
        assert (rule.valid_from, rule.valid_until) == (date(2026, 3, 2), None)
        assert await start_times(scenario) == [new_york(4, hour) for hour in (9, 10, 11)]
        assert await start_times(scenario, date(2026, 3, 5)) == []
        assert await scenario.use_cases.get_availability(scenario.world.front_desk, scenario.grey) == view
        assert ("availability.published", scenario.grey) in [
            (one.action, one.target) for one in await scenario.world.audit()
        ]

    async def test_stale_week_is_refused(self, scenario: BookingScenario) -> None:
        shown = await scenario.use_cases.get_availability(scenario.world.front_desk, scenario.grey)
        command = PublishAvailabilityCommand(
            clinician_id=scenario.grey, openings=(NINE_TO_TWELVE,), expected_rule_ids=[one.id for one in shown.rules]
        )
        view = await scenario.use_cases.publish(grey(scenario), command)
        current_ids = frozenset(one.id for one in view.rules)
        for stale in (command.expected_rule_ids, (), current_ids | {scenario.world.ids.new()}):
            with pytest.raises(StaleVersion):
                await scenario.use_cases.publish(
                    scenario.world.front_desk, evolve(command, openings=(), expected_rule_ids=stale)
                )
        assert await scenario.use_cases.get_availability(scenario.world.front_desk, scenario.grey) == view
        empty = await scenario.use_cases.publish(
            scenario.world.front_desk, evolve(command, openings=(), expected_rule_ids=current_ids)
        )
        assert empty.rules == ()
        again = await scenario.use_cases.publish(scenario.world.front_desk, evolve(command, expected_rule_ids=()))
        assert len(again.rules) == 1

    async def test_publishing_keeps_booked_appointments(self, scenario: BookingScenario) -> None:
        await booked(scenario, hour=15)
        await scenario.use_cases.publish(
            scenario.world.front_desk,
            PublishAvailabilityCommand(clinician_id=scenario.grey, openings=(NINE_TO_TWELVE,)),
        )
        day = await scenario.use_cases.get_schedule(
            scenario.world.front_desk, GetScheduleQuery(first_day=WEDNESDAY, last_day=WEDNESDAY)
        )
        assert [one.status for one in day.appointments] == ["booked"]

    async def test_openings_use_location_time_zone_and_appointment_types(self, scenario: BookingScenario) -> None:
        chicago = await scenario.world.add_location(time_zone="America/Chicago")
        other = await scenario.world.add_appointment_type("Other", minutes=60)
        opening = Opening(
            weekday=2,
            start_time=time(9),
            end_time=time(10),
            location_id=chicago.id,
            appointment_type_ids=[scenario.appointment_type.id],
        )
        await scenario.use_cases.publish(
            grey(scenario), PublishAvailabilityCommand(clinician_id=scenario.grey, openings=(opening,))
        )
        assert await start_times(scenario) == [new_york(4, 10)]
        with pytest.raises(OutsideAvailability):
            choice = scenario.world.choice(scenario.grey, other, new_york(4, 10), chicago.id)
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))

    async def test_invalid_openings_are_listed_by_index(self, scenario: BookingScenario) -> None:
        openings = (
            NINE_TO_TWELVE,
            Opening(weekday=7, start_time=time(9), end_time=time(12)),
            Opening(weekday=1, start_time=time(12), end_time=time(9)),
            Opening(weekday=1, start_time=time(9), end_time=time(12), location_id=scenario.world.ids.new()),
            Opening(weekday=1, start_time=time(9), end_time=time(12), appointment_type_ids=[scenario.world.ids.new()]),
        )
        before = await start_times(scenario)
        with pytest.raises(Invalid) as refused:
            await scenario.use_cases.publish(
                grey(scenario), PublishAvailabilityCommand(clinician_id=scenario.grey, openings=openings)
            )
        assert [(one.path, one.code) for one in refused.value.fields] == [
            ("openings.1.weekday", "out_of_range"),
            ("openings.2.end_time", "not_after_start"),
            ("openings.3.location_id", "unknown"),
            ("openings.4.appointment_type_ids", "unknown"),
        ]
        with pytest.raises(Invalid):
            await scenario.use_cases.publish(
                grey(scenario), PublishAvailabilityCommand(clinician_id=scenario.grey, openings=(NINE_TO_TWELVE,) * 101)
            )
        assert await start_times(scenario) == before

    async def test_add_and_remove_exception(self, scenario: BookingScenario) -> None:
        closed = AddAvailabilityExceptionCommand(clinician_id=scenario.grey, date=WEDNESDAY, available=False)
        view = await scenario.use_cases.add_exception(grey(scenario), closed)
        assert await start_times(scenario) == []
        (shown,) = (await scenario.use_cases.get_availability(grey(scenario), scenario.grey)).exceptions
        assert shown.id == view.id
        saturday = AddAvailabilityExceptionCommand(
            clinician_id=scenario.grey, date=date(2026, 3, 7), available=True, start_time=time(10), end_time=time(12)
        )
        await scenario.use_cases.add_exception(scenario.world.front_desk, saturday)
        assert await start_times(scenario, date(2026, 3, 7)) == [new_york(7, 10), new_york(7, 11)]
        gone = RemoveAvailabilityExceptionCommand(clinician_id=scenario.grey, exception_id=view.id)
        await scenario.use_cases.remove_exception(grey(scenario), gone)
        assert len(await start_times(scenario)) == 8
        with pytest.raises(NotFound):
            await scenario.use_cases.remove_exception(grey(scenario), gone)
        with pytest.raises(Invalid):
            await scenario.use_cases.add_exception(
                grey(scenario),
                AddAvailabilityExceptionCommand(
                    clinician_id=scenario.grey, date=WEDNESDAY, available=True, location_id=scenario.world.ids.new()
                ),
            )

    async def test_duplicate_exception_is_added_once(self, scenario: BookingScenario) -> None:
        closed = AddAvailabilityExceptionCommand(clinician_id=scenario.grey, date=WEDNESDAY, available=False)
        view = await scenario.use_cases.add_exception(grey(scenario), closed)
        assert await scenario.use_cases.add_exception(scenario.world.front_desk, closed) == view
        other = await scenario.use_cases.add_exception(
            grey(scenario), evolve(closed, start_time=time(9), end_time=time(10))
        )
        assert {
            one.id for one in (await scenario.use_cases.get_availability(grey(scenario), scenario.grey)).exceptions
        } == {
            view.id,
            other.id,
        }
        added = [one.target for one in await scenario.world.audit() if one.action == "availability_exception.added"]
        assert added == [view.id, other.id]

    @pytest.mark.parametrize(
        ("time_zone", "today"), [("Pacific/Kiritimati", date(2026, 3, 5)), ("America/New_York", date(2026, 3, 4))]
    )
    async def test_past_exception_is_refused(self, scenario: BookingScenario, time_zone: str, today: date) -> None:
        """Today is the local date of the location."""
        location = (await scenario.world.add_location("Elsewhere", time_zone=time_zone)).id
        scenario.world.clock.at = datetime(2026, 3, 4, 20, tzinfo=UTC)
        command = AddAvailabilityExceptionCommand(
            clinician_id=scenario.grey, date=today, available=False, location_id=location
        )
        assert (await scenario.use_cases.add_exception(grey(scenario), command)).date == today
        with pytest.raises(Invalid) as refused:
            await scenario.use_cases.add_exception(grey(scenario), evolve(command, date=today - timedelta(days=1)))
        assert [(one.path, one.code) for one in refused.value.fields] == [("date", "past")]

    async def test_clinicians_change_only_their_own_availability(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        command = PublishAvailabilityCommand(clinician_id=green, openings=())
        exception = AddAvailabilityExceptionCommand(clinician_id=green, date=WEDNESDAY, available=False)
        removal = RemoveAvailabilityExceptionCommand(clinician_id=green, exception_id=scenario.world.ids.new())
        block = BlockTimeCommand(clinician_id=green, starts_at=new_york(4, 9), ends_at=new_york(4, 10))
        nobody = scenario.world.as_staff("clinician")
        for actor, refusal in (
            (grey(scenario), NotFound),
            (nobody, NotFound),
            (scenario.ann, NotFound),
            (scenario.world.as_staff("auditor"), Forbidden),
        ):
            for operation in (
                scenario.use_cases.publish(actor, command),
                scenario.use_cases.get_availability(actor, green),
                scenario.use_cases.add_exception(actor, exception),
                scenario.use_cases.remove_exception(actor, removal),
                scenario.use_cases.block(actor, block),
                scenario.use_cases.get_schedule(
                    actor, GetScheduleQuery(first_day=WEDNESDAY, last_day=WEDNESDAY, clinician_id=green)
                ),
            ):
                with pytest.raises(refusal):
                    await operation
        with pytest.raises(NotFound):
            await scenario.use_cases.get_schedule(nobody, GetScheduleQuery(first_day=WEDNESDAY, last_day=WEDNESDAY))

    async def test_unknown_clinician_is_not_found(self, scenario: BookingScenario) -> None:
        nobody, front = scenario.world.ids.new(), scenario.world.front_desk
        for operation in (
            scenario.use_cases.publish(front, PublishAvailabilityCommand(clinician_id=nobody, openings=())),
            scenario.use_cases.get_availability(front, nobody),
            scenario.use_cases.add_exception(
                front, AddAvailabilityExceptionCommand(clinician_id=nobody, date=WEDNESDAY, available=False)
            ),
            scenario.use_cases.block(
                front, BlockTimeCommand(clinician_id=nobody, starts_at=new_york(4, 9), ends_at=new_york(4, 10))
            ),
            scenario.use_cases.get_schedule(
                front, GetScheduleQuery(first_day=WEDNESDAY, last_day=WEDNESDAY, clinician_id=nobody)
            ),
        ):
            with pytest.raises(NotFound):
                await operation


class TestBlocking:
    async def test_blocked_time_is_unbookable_until_removed(self, scenario: BookingScenario) -> None:
        there = await booked(scenario, hour=10)
        held = await scenario.use_cases.hold(
            scenario.bob,
            HoldSlotCommand(scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 12))),
        )
        command = BlockTimeCommand(clinician_id=scenario.grey, starts_at=new_york(4, 9, 30), ends_at=new_york(4, 14))
        block = await scenario.use_cases.block(grey(scenario), command)
        assert ids_of(block.conflicts) == (there.id,)
        assert await start_times(scenario) == [new_york(4, hour) for hour in (14, 15, 16)]
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.bob, BookAppointmentCommand(hold_id=held.id))
        assert (await scenario.use_cases.get_appointment(scenario.ann, there.id)).status == "booked"
        await scenario.use_cases.unblock(grey(scenario), block.id)
        await scenario.use_cases.book(scenario.bob, BookAppointmentCommand(hold_id=held.id))
        with pytest.raises(NotFound):
            await scenario.use_cases.unblock(grey(scenario), block.id)

    async def test_cannot_remove_a_colleagues_block(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        command = BlockTimeCommand(clinician_id=green, starts_at=new_york(4, 9), ends_at=new_york(4, 14))
        block = await scenario.use_cases.block(scenario.world.front_desk, command)
        with pytest.raises(NotFound):
            await scenario.use_cases.unblock(grey(scenario), block.id)
        await scenario.use_cases.unblock(scenario.world.front_desk, block.id)

    @pytest.mark.parametrize(("first", "last"), [(new_york(4, 9), new_york(4, 9)), (new_york(4, 9), new_york(4, 8))])
    def test_invalid_block_duration_is_refused(
        self, scenario: BookingScenario, first: datetime, last: datetime
    ) -> None:
        with pytest.raises(Invalid):
            BlockTimeCommand(clinician_id=scenario.grey, starts_at=first, ends_at=last)
        with pytest.raises(Invalid):
            BlockTimeCommand(clinician_id=scenario.grey, starts_at=first, ends_at=first + timedelta(days=401))


class TestBookingForClients:
    async def test_each_client_is_notified_separately(self, scenario: BookingScenario) -> None:
        view = await booked(scenario, "ann", "bob")
        assert {one.client_name for one in view.attendances} == {"Ann Lee", "Bob Lee"}
        notified = [one.to_client or one.to_account for one in await scenario.world.notices()]
        assert notified == [scenario.ann.client_id, scenario.bob.client_id, scenario.grey_account_id]
        entries = [one.record for one in await scenario.world.audit() if one.action == "appointment.booked"]
        assert entries == [scenario.ann.client_id, scenario.bob.client_id]
        assert (await scenario.use_cases.get_appointment(scenario.ann, view.id)).can_reschedule is False

    async def test_booking_clinician_is_not_notified(self, scenario: BookingScenario) -> None:
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        await scenario.use_cases.book_for(
            grey(scenario),
            BookAppointmentForClientsCommand(
                choice=choice, client_ids=(scenario.ann.client_id, scenario.ann.client_id)
            ),
        )
        assert [one.to_client for one in await scenario.world.notices()] == [scenario.ann.client_id]

    async def test_staff_bypass_notice_grid_and_self_booking(self, scenario: BookingScenario) -> None:
        appointment_type = await scenario.world.add_appointment_type(
            minutes=60, self_bookable=False, notice_hours=100, advance_days=0
        )
        for at in (new_york(4, 10, 7), new_york(1, 9, month=7)):
            choice = scenario.world.choice(scenario.grey, appointment_type, at)
            await scenario.use_cases.book_for(
                scenario.world.front_desk,
                BookAppointmentForClientsCommand(choice=choice, client_ids=(scenario.ann.client_id,)),
            )

    async def test_outside_hours_needs_override_and_free_time(self, scenario: BookingScenario) -> None:
        def command(hour: int, outside_hours: bool, client: str = "ann") -> BookAppointmentForClientsCommand:
            return BookAppointmentForClientsCommand(
                choice=scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, hour)),
                client_ids=(getattr(scenario, client).client_id,),
                outside_hours=outside_hours,
            )

        front = scenario.world.front_desk
        with pytest.raises(OutsideAvailability):
            await scenario.use_cases.book_for(front, command(20, False))
        await scenario.use_cases.book_for(front, command(20, True))
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book_for(front, command(20, True, "bob"))
        scenario.world.clock.at = new_york(4, 12)
        with pytest.raises(TooSoon):
            await scenario.use_cases.book_for(front, command(11, True))

    async def test_recording_past_visit_sends_no_notice(self, scenario: BookingScenario) -> None:
        ann, bob = scenario.ann.client_id, scenario.bob.client_id
        scenario.world.clock.at = new_york(4, 12)

        def visit(hour: int, client: UUID = ann) -> BookAppointmentForClientsCommand:
            choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, hour))
            return BookAppointmentForClientsCommand(choice=choice, client_ids=(client,), took_place=True)

        for actor, command in ((scenario.world.front_desk, visit(10)), (grey(scenario), visit(12, bob))):
            view = await scenario.use_cases.book_for(actor, command)
            assert view.status == "completed"
            assert [one.status for one in view.attendances] == ["attending"]
        assert await scenario.world.notices() == []
        await scenario.use_cases.send_appointment_reminders(scenario.world.system)
        assert await scenario.world.notices() == []
        past = ListMyAppointmentsQuery(AppointmentFilter("past"))
        assert [one.status for one in (await scenario.use_cases.list_mine(scenario.ann, past)).items] == ["completed"]
        written = [
            (one.action, one.record) for one in await scenario.world.audit() if one.action.startswith("appointment.")
        ]
        assert written == [("appointment.recorded", ann), ("appointment.recorded", bob)]
        for refusal, refused in (
            (NotStarted, visit(13)),
            (SlotTaken, visit(10, bob)),
        ):
            with pytest.raises(refusal):
                await scenario.use_cases.book_for(scenario.world.front_desk, refused)
        green = await scenario.world.add_clinician("Dr. Green")
        elsewhere = scenario.world.choice(green, scenario.appointment_type, new_york(4, 10))
        with pytest.raises(OverlappingAppointment):
            await scenario.use_cases.book_for(scenario.world.front_desk, evolve(visit(10), choice=elsewhere))
        await scenario.use_cases.book_for(scenario.world.front_desk, visit(7))  # outside the hours that are published

    async def test_past_visit_can_be_recorded_for_thirty_days(self, scenario: BookingScenario) -> None:
        at = new_york(4, 10)
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, at)
        command = BookAppointmentForClientsCommand(choice=choice, client_ids=(scenario.ann.client_id,), took_place=True)
        scenario.world.clock.at = at + timedelta(days=30, microseconds=1)
        with pytest.raises(Invalid) as refused:
            await scenario.use_cases.book_for(scenario.world.front_desk, command)
        assert [(one.path, one.code) for one in refused.value.fields] == [("starts_at", "out_of_range")]
        scenario.world.clock.at = at + timedelta(days=30)
        await scenario.use_cases.book_for(scenario.world.front_desk, command)

    async def test_invalid_bookings_are_refused(self, scenario: BookingScenario) -> None:
        world = scenario.world
        choice = world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        ann, bob = scenario.ann.client_id, scenario.bob.client_id
        green = await world.add_clinician("Dr. Green")
        await world.open_week(green)
        gone = await world.add_appointment_type(active=False)

        async def refused(error: type[PortalError], command: BookAppointmentForClientsCommand) -> None:
            with pytest.raises(error):
                await scenario.use_cases.book_for(world.front_desk, command)

        with pytest.raises(Invalid) as too_many:
            couple = BookAppointmentForClientsCommand(choice=choice, client_ids=(ann, bob))
            await scenario.use_cases.book_for(world.front_desk, couple)
        assert [(one.path, one.code) for one in too_many.value.fields] == [("client_ids", "too_many")]
        nobody = world.ids.new()
        await refused(NotFound, BookAppointmentForClientsCommand(choice=choice, client_ids=(nobody,)))
        denied = (await world.audit())[-1]
        assert (denied.action, denied.target, denied.facts) == ("access.denied", nobody, {"kind": "client"})
        await refused(
            NotBookable,
            BookAppointmentForClientsCommand(
                choice=world.choice(scenario.grey, gone, new_york(4, 10)), client_ids=(ann,)
            ),
        )
        await booked(scenario)
        await refused(
            OverlappingAppointment,
            BookAppointmentForClientsCommand(
                choice=world.choice(green, scenario.appointment_type, new_york(4, 10)), client_ids=(ann,)
            ),
        )
        with pytest.raises(Invalid):
            BookAppointmentForClientsCommand(choice=choice, client_ids=())
        for actor in (scenario.ann, world.as_staff("clinician", clinician_id=green)):
            with pytest.raises(NotFound):
                await scenario.use_cases.book_for(
                    actor, BookAppointmentForClientsCommand(choice=choice, client_ids=(ann,))
                )
