"""Reminders: at the right moment, never twice, and not when they would be no help."""

from datetime import timedelta

import pytest

from portal_core.accounts.model import Account
from portal_core.appointments.use_cases import remind_of_appointments
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from portal_core.kernel.errors import Forbidden
from portal_core.notifications import contact_rules
from portal_core.notifications.settings import NotificationSettings
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import Scene

TEN = new_york(5, 10)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def run(scene: Scene) -> list[str]:
    """Who was reminded of which start and lead, so far."""
    await scene.desk.remind_of_appointments(scene.world.system)
    found = [one for one in await scene.world.notices() if one.kind == "appointment_reminder"]
    assert {one.notice_class for one in found} <= {"reminder"}
    return [":".join((one.once or "").split(":")[2:4]) for one in found]


def due(start: object, minutes: int) -> str:
    return f"{int(start.timestamp())}:{minutes}"  # type: ignore[attr-defined]


def test_reminders_look_as_far_ahead_as_people_may_choose() -> None:
    """Features know nothing of one another, so each has the number."""
    assert timedelta(minutes=contact_rules.LONGEST_LEAD) == remind_of_appointments.LONGEST_LEAD


class TestReminding:
    async def test_at_each_lead_time_once(self, scene: Scene) -> None:
        await scene.world.add_booking(scene.grey, scene.kind, TEN, scene.ann.client_id)
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
            scene.world.clock.at = TEN - before
            assert await run(scene) == expected

    async def test_a_minute_late_or_more_is_no_matter_after_a_standstill_it_is_left_out(self, scene: Scene) -> None:
        await scene.world.add_booking(scene.grey, scene.kind, TEN, scene.ann.client_id)
        scene.world.clock.at = TEN - 12 * HOUR + MINUTE
        assert await run(scene) == []
        scene.world.clock.at = TEN - HOUR
        assert await run(scene) == [due(TEN, 120)]

    async def test_what_was_booked_later_than_that_is_known_anyway(self, scene: Scene) -> None:
        scene.world.clock.at = TEN - 20 * HOUR
        await scene.world.add_booking(scene.grey, scene.kind, TEN, scene.ann.client_id)
        assert await run(scene) == []
        scene.world.clock.at = TEN - 2 * HOUR
        assert await run(scene) == [due(TEN, 120)]

    async def test_a_moved_appointment_is_reminded_anew(self, scene: Scene) -> None:
        booking = await scene.world.add_booking(scene.grey, scene.kind, TEN + 24 * HOUR, scene.ann.client_id)
        scene.world.clock.at = TEN
        assert await run(scene) == [due(TEN + 24 * HOUR, 24 * 60)]
        await scene.desk.reschedule(
            scene.ann,
            RescheduleAppointmentCommand(
                appointment_id=booking.appointment.id, clinician_id=scene.grey, starts_at=new_york(11, 10)
            ),
        )
        scene.world.clock.at = new_york(10, 10)
        assert await run(scene) == [due(TEN + 24 * HOUR, 24 * 60), due(new_york(11, 10), 24 * 60)]

    async def test_the_night_when_the_clocks_change_is_an_hour_shorter(self, scene: Scene) -> None:
        """Lead times are real time: a day before Sunday at ten is Saturday at nine."""
        start = new_york(8, 10)
        await scene.world.add_booking(scene.grey, scene.kind, start, scene.ann.client_id)
        scene.world.clock.at = new_york(7, 8, 59)
        assert await run(scene) == []
        scene.world.clock.at = new_york(7, 9)
        assert await run(scene) == [due(start, 24 * 60)]

    async def test_what_was_cancelled_reminds_nobody_and_others_still(self, scene: Scene) -> None:
        kind = await scene.world.add_kind(seats=2)
        both = await scene.world.add_booking(scene.grey, kind, TEN, scene.ann.client_id, scene.bob.client_id)
        await scene.desk.cancel(scene.ann, CancelAppointmentCommand(appointment_id=both.appointment.id))
        scene.world.clock.at = TEN - 24 * HOUR
        await run(scene)
        reminded = [one.to_client for one in await scene.world.notices() if one.kind == "appointment_reminder"]
        assert reminded == [scene.bob.client_id]

    async def test_by_each_clients_own_lead_times(self, scene: Scene) -> None:
        world = scene.world
        account = Account(
            world.ids.new(),
            world.practice_id,
            "ann@elm.test",
            "client",
            world.clock.now(),
            client_id=scene.ann.client_id,
            status="active",
        )
        world.store.table("accounts")[world.practice_id, account.id] = account
        settings = NotificationSettings(account.id, reminder_minutes=(14 * 24 * 60, 15))
        world.store.table("notification_settings")[world.practice_id, account.id] = settings
        start = new_york(17, 10)
        await world.add_booking(scene.grey, scene.kind, start, scene.ann.client_id)
        world.clock.at = start - timedelta(days=14)
        assert await run(scene) == [due(start, 14 * 24 * 60)]
        world.clock.at = start - 24 * HOUR
        assert len(await run(scene)) == 1
        world.clock.at = start - 15 * MINUTE
        assert await run(scene) == [due(start, 14 * 24 * 60), due(start, 15)]

    async def test_more_than_fit_in_one_unit(self, scene: Scene) -> None:
        for number in range(130):
            clinician = await scene.world.add_clinician(f"Dr. {number}")
            await scene.world.add_booking(clinician, scene.kind, TEN, scene.bob.client_id)
        scene.world.clock.at = TEN - 24 * HOUR
        assert len(await run(scene)) == 130

    async def test_only_a_job_does_this(self, scene: Scene) -> None:
        for actor in (scene.ann, scene.world.desk):
            with pytest.raises(Forbidden):
                await scene.desk.remind_of_appointments(actor)
