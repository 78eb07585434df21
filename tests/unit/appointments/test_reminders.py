"""Reminders are sent on time, once, and not when they are too late to help."""

from datetime import timedelta

import pytest

from portal_core.accounts.model import Account
from portal_core.appointments.use_cases import send_appointment_reminders
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from portal_core.kernel.errors import Forbidden
from portal_core.notifications import settings_validation
from portal_core.notifications.settings import NotificationSettings
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario

TEN = new_york(5, 10)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def run(scenario: BookingScenario) -> list[str]:
    """Run the job, and return the start and lead time of all reminders sent so far."""
    await scenario.use_cases.send_appointment_reminders(scenario.world.system)
    found = [one for one in await scenario.world.notices() if one.kind == "appointment_reminder"]
    assert {one.notice_class for one in found} <= {"reminder"}
    return [":".join((one.deduplication_key or "").split(":")[2:4]) for one in found]


def due(start: object, minutes: int) -> str:
    return f"{int(start.timestamp())}:{minutes}"  # type: ignore[attr-defined]


def test_max_lead_time_matches_notifications() -> None:
    """Features do not import each other, so each defines the maximum."""
    assert timedelta(minutes=settings_validation.MAX_REMINDER_MINUTES) == send_appointment_reminders.MAX_LEAD_TIME


class TestReminding:
    async def test_one_reminder_per_lead_time(self, scenario: BookingScenario) -> None:
        await scenario.world.add_booking(scenario.grey, scenario.appointment_type, TEN, scenario.ann.client_id)
        day, two_hours = due(TEN, 24 * 60), due(TEN, 120)
        for before, expected in (
            (24 * HOUR + timedelta.resolution, []),
            (24 * HOUR, [day]),
            (24 * HOUR, [day]),
            (3 * HOUR, [day]),
            (2 * HOUR, [day, two_hours]),
            (MINUTE, [day, two_hours]),
            (-HOUR, [day, two_hours]),
        ):
            scenario.world.clock.at = TEN - before
            assert await run(scenario) == expected

    async def test_late_runs_still_remind_but_long_outages_skip(self, scenario: BookingScenario) -> None:
        await scenario.world.add_booking(scenario.grey, scenario.appointment_type, TEN, scenario.ann.client_id)
        scenario.world.clock.at = TEN - 12 * HOUR + MINUTE
        assert await run(scenario) == []
        scenario.world.clock.at = TEN - HOUR
        assert await run(scenario) == [due(TEN, 120)]

    async def test_no_reminder_for_bookings_after_lead_time(self, scenario: BookingScenario) -> None:
        scenario.world.clock.at = TEN - 20 * HOUR
        await scenario.world.add_booking(scenario.grey, scenario.appointment_type, TEN, scenario.ann.client_id)
        assert await run(scenario) == []
        scenario.world.clock.at = TEN - 2 * HOUR
        assert await run(scenario) == [due(TEN, 120)]

    async def test_rescheduled_appointment_is_reminded_again(self, scenario: BookingScenario) -> None:
        booking = await scenario.world.add_booking(
            scenario.grey, scenario.appointment_type, TEN + 24 * HOUR, scenario.ann.client_id
        )
        scenario.world.clock.at = TEN
        assert await run(scenario) == [due(TEN + 24 * HOUR, 24 * 60)]
        await scenario.use_cases.reschedule(
            scenario.ann,
            RescheduleAppointmentCommand(
                appointment_id=booking.appointment.id, clinician_id=scenario.grey, starts_at=new_york(11, 10)
            ),
        )
        scenario.world.clock.at = new_york(10, 10)
        assert await run(scenario) == [due(TEN + 24 * HOUR, 24 * 60), due(new_york(11, 10), 24 * 60)]

    async def test_lead_time_across_dst(self, scenario: BookingScenario) -> None:
        """Lead times are real time: 24 hours before 10:00 on the Sunday of the change is 9:00 on Saturday."""
        start = new_york(8, 10)
        await scenario.world.add_booking(scenario.grey, scenario.appointment_type, start, scenario.ann.client_id)
        scenario.world.clock.at = new_york(7, 8, 59)
        assert await run(scenario) == []
        scenario.world.clock.at = new_york(7, 9)
        assert await run(scenario) == [due(start, 24 * 60)]

    async def test_cancelled_client_is_not_reminded(self, scenario: BookingScenario) -> None:
        appointment_type = await scenario.world.add_appointment_type(seats=2)
        both = await scenario.world.add_booking(
            scenario.grey, appointment_type, TEN, scenario.ann.client_id, scenario.bob.client_id
        )
        await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=both.appointment.id))
        scenario.world.clock.at = TEN - 24 * HOUR
        await run(scenario)
        reminded = [one.to_client for one in await scenario.world.notices() if one.kind == "appointment_reminder"]
        assert reminded == [scenario.bob.client_id]

    async def test_clients_choose_their_lead_times(self, scenario: BookingScenario) -> None:
        world = scenario.world
        account = Account(
            world.ids.new(),
            world.practice_id,
            "ann@elm.test",
            "client",
            world.clock.now(),
            client_id=scenario.ann.client_id,
            status="active",
        )
        world.store.table("accounts")[world.practice_id, account.id] = account
        settings = NotificationSettings(account.id, reminder_minutes=(14 * 24 * 60, 15))
        world.store.table("notification_settings")[world.practice_id, account.id] = settings
        start = new_york(17, 10)
        await world.add_booking(scenario.grey, scenario.appointment_type, start, scenario.ann.client_id)
        world.clock.at = start - timedelta(days=14)
        assert await run(scenario) == [due(start, 14 * 24 * 60)]
        world.clock.at = start - 24 * HOUR
        assert len(await run(scenario)) == 1
        world.clock.at = start - 15 * MINUTE
        assert await run(scenario) == [due(start, 14 * 24 * 60), due(start, 15)]

    async def test_reminders_are_sent_in_batches(self, scenario: BookingScenario) -> None:
        for number in range(130):
            clinician = await scenario.world.add_clinician(f"Dr. {number}")
            await scenario.world.add_booking(clinician, scenario.appointment_type, TEN, scenario.bob.client_id)
        scenario.world.clock.at = TEN - 24 * HOUR
        assert len(await run(scenario)) == 130

    async def test_only_system_sends_reminders(self, scenario: BookingScenario) -> None:
        for actor in (scenario.ann, scenario.world.front_desk):
            with pytest.raises(Forbidden):
                await scenario.use_cases.send_appointment_reminders(actor)
