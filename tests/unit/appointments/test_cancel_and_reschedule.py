"""Clients cancel and reschedule."""

from datetime import datetime, time, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.booking_changes import lock_booking
from portal_core.appointments.errors import (
    AlreadyStarted,
    LateCancelRefused,
    NotBookable,
    NotBooked,
    OutsideAvailability,
    RescheduledByPracticeOnly,
    SlotTaken,
)
from portal_core.appointments.model import Booking
from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from portal_core.appointments.views import AppointmentFilter, AppointmentView
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from portal_core.kernel.money import Money
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario

FEE = Money(75_00)
WEDNESDAY_AT_TEN = new_york(4, 10)


async def booked(scenario: BookingScenario, at: datetime = WEDNESDAY_AT_TEN) -> AppointmentView:
    choice = scenario.world.choice(scenario.grey, scenario.appointment_type, at)
    return await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))


async def couple(scenario: BookingScenario, at: datetime = WEDNESDAY_AT_TEN) -> UUID:
    appointment_type = await scenario.world.add_appointment_type("Couple", minutes=60, seats=2)
    clients = (scenario.ann.client_id, scenario.bob.client_id)
    return (await scenario.world.add_booking(scenario.grey, appointment_type, at, *clients)).appointment.id


def cancel_command(appointment_id: UUID, **more: object) -> CancelAppointmentCommand:
    return CancelAppointmentCommand(appointment_id=appointment_id, **more)  # type: ignore[arg-type]


def reschedule_command(
    scenario: BookingScenario, appointment_id: UUID, at: datetime, **more: object
) -> RescheduleAppointmentCommand:
    changes = {"clinician_id": scenario.grey, "starts_at": at, **more}
    return RescheduleAppointmentCommand(appointment_id=appointment_id, **changes)  # type: ignore[arg-type]


class TestCancelling:
    async def test_cancelled_appointment_is_listed_and_frees_time(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        cancelled = await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id, reason="A cold"))
        assert (cancelled.status, cancelled.cancelled_at, cancelled.cancel_reason) == (
            "cancelled",
            scenario.world.clock.now(),
            "A cold",
        )
        assert (cancelled.cancelled_late, cancelled.fee_due, cancelled.can_cancel, cancelled.can_reschedule) == (
            False,
            None,
            False,
            False,
        )
        assert cancelled.version == view.version + 1
        listed = await scenario.use_cases.list_mine(
            scenario.ann, ListMyAppointmentsQuery(AppointmentFilter("cancelled"))
        )
        assert listed.items == (cancelled,)
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        await scenario.use_cases.book(scenario.bob, BookAppointmentCommand(choice=choice))

    async def test_freed_slot_job_carries_id_only(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id))
        (job,) = await scenario.world.jobs("offer_freed_slot")
        async with scenario.world.begin(scenario.world.system) as unit:
            freed = await unit.freed_slots.get(job["freed_slot_id"])
        assert (freed.clinician_id, freed.appointment_type_id, freed.starts_at) == (
            scenario.grey,
            scenario.appointment_type.id,
            new_york(4, 10),
        )

    async def test_client_and_clinician_are_notified_and_change_is_audited(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id, reason="A cold"))
        notified = [(one.kind, one.to_client, one.to_account) for one in (await scenario.world.notices())[2:]]
        assert notified == [
            ("appointment_cancelled", scenario.ann.client_id, None),
            ("appointment_cancelled", None, scenario.grey_account_id),
        ]
        entry = (await scenario.world.audit())[-1]
        assert (entry.action, entry.target, entry.record) == ("appointment.cancelled", view.id, scenario.ann.client_id)
        assert dict(entry.facts) == {"cancelled_late": "false"}, "without the reason"

    async def test_repeating_is_idempotent(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id))
        with pytest.raises(NotBooked):
            await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id))
        assert len(await scenario.world.jobs("offer_freed_slot")) == 1

    async def test_started_appointment_cannot_be_cancelled(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        scenario.world.clock.at = new_york(4, 10)
        with pytest.raises(AlreadyStarted):
            await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id))

    async def test_other_clients_appointments_cannot_be_cancelled(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        for actor in (scenario.bob, scenario.world.front_desk):
            with pytest.raises(NotFound):
                await scenario.use_cases.cancel(actor, cancel_command(view.id))
        with pytest.raises(NotFound):
            await scenario.use_cases.cancel(scenario.ann, cancel_command(scenario.world.ids.new()))
        with pytest.raises(Forbidden):
            await scenario.use_cases.cancel(
                scenario.world.as_proxy(scenario.ann.client_id, may_write=False), cancel_command(view.id)
            )
        assert (await scenario.use_cases.get_appointment(scenario.ann, view.id)).status == "booked"

    async def test_stale_version_is_refused(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        await scenario.use_cases.reschedule(
            scenario.ann, reschedule_command(scenario, view.id, new_york(4, 11), version=view.version)
        )
        with pytest.raises(StaleVersion):
            await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id, version=view.version))
        await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id, version=view.version + 1))

    async def test_reason_length_is_limited(self) -> None:
        assert cancel_command(UUID(int=1), reason="é" * 1000).reason
        with pytest.raises(Invalid):
            cancel_command(UUID(int=1), reason="é" * 1001)


class TestLateCancelling:
    async def _late(self, scenario: BookingScenario, settings: AppointmentSettings) -> AppointmentView:
        await scenario.world.save_appointment_settings(settings)
        view = await booked(scenario)
        scenario.world.clock.at = new_york(3, 10) + timedelta.resolution
        return await scenario.use_cases.get_appointment(scenario.ann, view.id)

    async def test_cancelling_at_deadline_is_not_late(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        scenario.world.clock.at = view.cancel_deadline
        assert (await scenario.use_cases.get_appointment(scenario.ann, view.id)).can_cancel
        assert not (await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id))).cancelled_late

    async def test_cancelling_in_time_costs_nothing_where_late_costs_a_fee(self, scenario: BookingScenario) -> None:
        await scenario.world.save_appointment_settings(AppointmentSettings(late_cancel="fee", late_cancel_fee=FEE))
        view = await booked(scenario)
        assert (view.can_cancel, view.cancel_fee) == (True, None)
        cancelled = await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id))
        assert (cancelled.cancelled_late, cancelled.fee_due) == (False, None)
        assert "late_cancel_fee" not in [one.kind for one in await scenario.world.notices()]

    async def test_late_cancellation_refused(self, scenario: BookingScenario) -> None:
        view = await self._late(scenario, AppointmentSettings(late_cancel="refuse"))
        assert (view.can_cancel, view.can_reschedule, view.cancel_fee) == (False, False, None)
        with pytest.raises(LateCancelRefused):
            await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id))
        with pytest.raises(LateCancelRefused):
            await scenario.use_cases.reschedule(scenario.ann, reschedule_command(scenario, view.id, new_york(5, 10)))
        assert (await scenario.use_cases.get_appointment(scenario.ann, view.id)) == view

    async def test_late_cancellation_allowed(self, scenario: BookingScenario) -> None:
        view = await self._late(scenario, AppointmentSettings(late_cancel="allow", late_cancel_fee=FEE))
        assert (view.can_cancel, view.cancel_fee) == (True, None)
        cancelled = await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id))
        assert (cancelled.cancelled_late, cancelled.fee_due) == (True, None)
        assert "late_cancel_fee" not in [one.kind for one in await scenario.world.notices()]
        assert (await scenario.world.audit())[-1].facts == {"cancelled_late": "true"}

    async def test_late_cancellation_with_fee(self, scenario: BookingScenario) -> None:
        view = await self._late(scenario, AppointmentSettings(late_cancel="fee", late_cancel_fee=FEE))
        assert (view.can_cancel, view.cancel_fee) == (True, FEE)
        cancelled = await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id))
        assert (cancelled.cancelled_late, cancelled.fee_due, cancelled.cancel_fee) == (True, FEE, None)
        notified = [one.to_client for one in await scenario.world.notices() if one.kind == "late_cancel_fee"]
        assert notified == [scenario.ann.client_id]

    async def test_late_reschedule_fee_stays_due_and_is_notified_once(self, scenario: BookingScenario) -> None:
        view = await self._late(scenario, AppointmentSettings(late_cancel="fee", late_cancel_fee=FEE))
        moved = await scenario.use_cases.reschedule(
            scenario.ann, reschedule_command(scenario, view.id, new_york(6, 10))
        )
        assert (moved.fee_due, moved.status) == (FEE, "booked")
        cancelled = await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id))
        assert (cancelled.fee_due, cancelled.cancelled_late) == (FEE, False)
        assert [one.kind for one in await scenario.world.notices()].count("late_cancel_fee") == 1

    async def test_cancel_notice_across_dst(self, scenario: BookingScenario) -> None:
        # On Sunday the 8th New York's clocks go forward; the practice sees people on Mondays.
        await scenario.world.save_appointment_settings(AppointmentSettings(cancel_notice=CalendarDays(1)))
        view = await booked(scenario, new_york(9, 10))
        assert view.cancel_deadline == new_york(8, 10)
        await scenario.world.save_appointment_settings(AppointmentSettings(cancel_notice=timedelta(hours=36)))
        view = await scenario.use_cases.get_appointment(scenario.ann, view.id)
        assert view.cancel_deadline == new_york(7, 21), "36 real hours, one of them skipped by the wall clock"


class TestRescheduling:
    async def test_reschedule_keeps_id_and_frees_old_time(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        moved = await scenario.use_cases.reschedule(
            scenario.ann, reschedule_command(scenario, view.id, new_york(5, 11))
        )
        assert (moved.id, moved.starts_at, moved.ends_at) == (view.id, new_york(5, 11), new_york(5, 12))
        assert moved.version == view.version + 1
        (job,) = await scenario.world.jobs("offer_freed_slot")
        async with scenario.world.begin(scenario.world.system) as unit:
            assert (await unit.freed_slots.get(job["freed_slot_id"])).starts_at == new_york(4, 10)
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        await scenario.use_cases.book(scenario.bob, BookAppointmentCommand(choice=choice))
        with pytest.raises(SlotTaken):
            await scenario.use_cases.reschedule(
                scenario.bob, reschedule_command(scenario, (await self._of_bob(scenario)), new_york(5, 11))
            )

    async def _of_bob(self, scenario: BookingScenario) -> UUID:
        return (await scenario.use_cases.list_mine(scenario.bob, ListMyAppointmentsQuery())).items[0].id

    async def test_failed_reschedule_keeps_the_old_time(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(5, 11))
        await scenario.use_cases.book(scenario.bob, BookAppointmentCommand(choice=choice))
        with pytest.raises(SlotTaken):
            await scenario.use_cases.reschedule(scenario.ann, reschedule_command(scenario, view.id, new_york(5, 11)))
        with pytest.raises(OutsideAvailability):
            await scenario.use_cases.reschedule(scenario.ann, reschedule_command(scenario, view.id, new_york(5, 7)))
        with pytest.raises(NotBookable):
            await scenario.use_cases.reschedule(
                scenario.ann,
                reschedule_command(scenario, view.id, new_york(5, 12), clinician_id=scenario.world.ids.new()),
            )
        assert await scenario.use_cases.get_appointment(scenario.ann, view.id) == view
        with pytest.raises(SlotTaken):
            choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
            await scenario.use_cases.book(scenario.bob, BookAppointmentCommand(choice=choice))
        assert await scenario.world.jobs("offer_freed_slot") == []

    async def test_rescheduling_to_the_same_slot_is_a_no_op(self, scenario: BookingScenario) -> None:
        await scenario.world.save_appointment_settings(AppointmentSettings(late_cancel="fee", late_cancel_fee=FEE))
        view = await booked(scenario)
        scenario.world.clock.at = new_york(3, 10) + timedelta.resolution
        notified = await scenario.world.notices()
        assert await scenario.use_cases.reschedule(
            scenario.ann, reschedule_command(scenario, view.id, WEDNESDAY_AT_TEN)
        ) == await scenario.use_cases.get_appointment(scenario.ann, view.id)
        assert (await scenario.use_cases.get_appointment(scenario.ann, view.id)).version == view.version
        assert (await scenario.world.notices(), await scenario.world.jobs("offer_freed_slot")) == (notified, [])
        with pytest.raises(StaleVersion):
            await scenario.use_cases.reschedule(
                scenario.ann, reschedule_command(scenario, view.id, WEDNESDAY_AT_TEN, version=view.version + 1)
            )

    async def test_reschedule_may_overlap_old_time(self, scenario: BookingScenario) -> None:
        appointment_type = await scenario.world.add_appointment_type(minutes=60, step=15)
        choice = scenario.world.choice(scenario.grey, appointment_type, new_york(4, 10))
        view = await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        moved = await scenario.use_cases.reschedule(
            scenario.ann, reschedule_command(scenario, view.id, new_york(4, 10, 15))
        )
        assert moved.starts_at == new_york(4, 10, 15)

    async def test_reschedule_to_other_clinician_and_location(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        green, location = await scenario.world.add_clinician("Dr. Green"), await scenario.world.add_location()
        account = await scenario.world.add_clinician_account(green)
        await scenario.world.join_care_team(scenario.ann.client_id, green)
        await scenario.world.open_week(green, location_id=location.id)
        command = reschedule_command(scenario, view.id, new_york(4, 11), clinician_id=green, location_id=location.id)
        moved = await scenario.use_cases.reschedule(scenario.ann, command)
        assert (moved.clinician_name, moved.location_name, moved.telehealth) == ("Dr. Green", "Main office", False)
        notified = [(one.kind, one.to_client or one.to_account) for one in (await scenario.world.notices())[2:]]
        assert notified == [
            ("appointment_rescheduled", scenario.ann.client_id),
            ("appointment_rescheduled", account),
            ("appointment_cancelled", scenario.grey_account_id),
        ]

    async def test_only_own_active_appointments_can_be_rescheduled(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        with pytest.raises(NotFound):
            await scenario.use_cases.reschedule(scenario.bob, reschedule_command(scenario, view.id, new_york(5, 10)))
        with pytest.raises(StaleVersion):
            await scenario.use_cases.reschedule(
                scenario.ann, reschedule_command(scenario, view.id, new_york(5, 10), version=7)
            )
        await scenario.use_cases.cancel(scenario.ann, cancel_command(view.id))
        with pytest.raises(NotBooked):
            await scenario.use_cases.reschedule(scenario.ann, reschedule_command(scenario, view.id, new_york(5, 10)))


class TestSeveralClients:
    async def test_one_of_two_clients_cancels(self, scenario: BookingScenario) -> None:
        appointment_id = await couple(scenario)
        before = await scenario.use_cases.get_appointment(scenario.bob, appointment_id)
        cancelled = await scenario.use_cases.cancel(scenario.ann, cancel_command(appointment_id, reason="We split up"))
        assert cancelled.status == "cancelled"
        assert await scenario.use_cases.get_appointment(scenario.bob, appointment_id) == before, (
            "the version is unchanged too"
        )
        assert await scenario.world.jobs("offer_freed_slot") == []
        assert scenario.bob.client_id not in [one.to_client for one in await scenario.world.notices()]

    async def test_last_client_cancelling_frees_the_time(self, scenario: BookingScenario) -> None:
        appointment_id = await couple(scenario)
        await scenario.use_cases.cancel(scenario.ann, cancel_command(appointment_id))
        with pytest.raises(NotBooked):
            await scenario.use_cases.cancel(scenario.ann, cancel_command(appointment_id))
        await scenario.use_cases.cancel(scenario.bob, cancel_command(appointment_id))
        assert len(await scenario.world.jobs("offer_freed_slot")) == 1
        assert not scenario.world.store.table("calendar")

    async def test_only_the_practice_reschedules_group_appointments(self, scenario: BookingScenario) -> None:
        appointment_id = await couple(scenario)
        assert not (await scenario.use_cases.get_appointment(scenario.ann, appointment_id)).can_reschedule
        with pytest.raises(RescheduledByPracticeOnly):
            await scenario.use_cases.reschedule(
                scenario.ann, reschedule_command(scenario, appointment_id, new_york(5, 10))
            )
        await scenario.use_cases.cancel(scenario.ann, cancel_command(appointment_id))
        with pytest.raises(NotBooked):
            await scenario.use_cases.reschedule(
                scenario.ann, reschedule_command(scenario, appointment_id, new_york(5, 10))
            )


class TestConcurrentChanges:
    """Changes by another transaction between the first read and the lock."""

    @pytest.mark.parametrize("deleted", [True, False])
    async def test_booking_reassigned_concurrently_is_stale(self, scenario: BookingScenario, deleted: bool) -> None:
        booking = await scenario.world.add_booking(
            scenario.grey, scenario.appointment_type, WEDNESDAY_AT_TEN, scenario.ann.client_id
        )
        reassigned = evolve(booking, appointment=evolve(booking.appointment, clinician_id=scenario.world.ids.new()))
        answers = [booking, None if deleted else reassigned]

        async def find() -> Booking | None:
            return answers.pop(0)

        async with scenario.world.begin(scenario.world.front_desk) as unit:
            with pytest.raises(StaleVersion):
                await lock_booking(unit, find, booking.appointment.id, scenario.world.clock.now())


class TestReading:
    async def test_reading_is_audited(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        await scenario.use_cases.get_appointment(scenario.ann, view.id)
        await scenario.use_cases.list_mine(scenario.ann, ListMyAppointmentsQuery())
        entries = [(one.action, one.target, one.record) for one in (await scenario.world.audit())[-2:]]
        client = scenario.ann.client_id
        assert entries == [("appointments.read", view.id, client), ("appointments.read", None, client)]

    async def test_foreign_appointments_are_not_found_and_audited(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        with pytest.raises(NotFound):
            await scenario.use_cases.get_appointment(scenario.bob, view.id)
        entry = (await scenario.world.audit())[-1]
        assert (entry.action, entry.target, entry.outcome) == ("access.denied", view.id, "denied")

    async def test_pages_are_ordered_by_start_and_bounded(self, scenario: BookingScenario) -> None:
        await scenario.world.open_week(scenario.grey, start_time=time(9), end_time=time(17))
        views = [await booked(scenario, new_york(4, hour)) for hour in (11, 9, 10)]
        first = await scenario.use_cases.list_mine(scenario.ann, ListMyAppointmentsQuery(page=PageRequest(size=2)))
        rest = await scenario.use_cases.list_mine(
            scenario.ann, ListMyAppointmentsQuery(page=PageRequest(first.next, 2))
        )
        assert first.items + rest.items == (views[1], views[2], views[0])
        for size in (0, 101):
            with pytest.raises(Invalid):
                await scenario.use_cases.list_mine(scenario.ann, ListMyAppointmentsQuery(page=PageRequest(size=size)))

    async def test_can_join_during_the_join_window_only(self, scenario: BookingScenario) -> None:
        view = await booked(scenario)
        for at, expected in (
            (new_york(4, 9, 45) - timedelta.resolution, False),
            (new_york(4, 9, 45), True),
            (new_york(4, 11) - timedelta.resolution, True),
            (new_york(4, 11), False),
        ):
            scenario.world.clock.at = at
            assert (await scenario.use_cases.get_appointment(scenario.ann, view.id)).can_join is expected
