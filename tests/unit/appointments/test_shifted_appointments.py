"""Appointments keep their time on the wall clock when rules of time zones, or the practice's zone, change."""

from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.model import Appointment, Booking
from portal_core.appointments.scheduling.wall_clock import first_instant
from portal_core.appointments.use_cases.correct_appointment_times import CorrectAppointmentTimes
from portal_core.appointments.use_cases.follow_practice_time_zone import FollowPracticeTimeZone
from portal_core.appointments.use_cases.keep_instants_in_practice_time_zone import KeepInstantsInPracticeTimeZone
from portal_core.appointments.use_cases.list_shifted_appointments import ListShiftedAppointments
from portal_core.kernel.errors import Forbidden, NotFound
from portal_core.kernel.uow import Begin
from portal_core.people.use_cases.change_practice import ChangePractice, ChangePracticeCommand
from portal_core.people.views import ChangedPracticeView
from tests.support.contracts.appointments.world import ZONE, new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import grey
from tests.unit.appointments.series_setup import TUESDAY, extend, starts_of
from tests.unit.appointments.series_setup import book as book_series

CHICAGO = "America/Chicago"
HOUR = timedelta(hours=1)
Keep = Literal["wall_time", "instant"]
JOBS = {"wall_time": FollowPracticeTimeZone, "instant": KeepInstantsInPracticeTimeZone}
EVENTS = {"wall_time": "practice_time_zone_changed", "instant": "practice_time_zone_corrected"}


async def book(scenario: BookingScenario, hour: int, location_id: UUID | None = None) -> Booking:
    return await scenario.world.add_booking(
        scenario.grey,
        scenario.appointment_type,
        new_york(4, hour),
        scenario.ann.client_id,
        location_id=location_id,
    )


async def change_zone(scenario: BookingScenario, keep: Keep) -> ChangedPracticeView:
    begin, clock = cast(Begin[Any], scenario.world.begin), scenario.world.clock
    command = ChangePracticeCommand("Elm Street", CHICAGO, None, 1, keep=keep)
    return await ChangePractice(begin, clock)(scenario.world.as_staff("administrator"), command)


def change_rules(scenario: BookingScenario, booking: Booking, by: timedelta) -> Appointment:
    """As if it had been booked by other rules of its zone, when clocks were to show another time at its instant."""
    rows, one = scenario.world.store.table("appointments"), booking.appointment
    rows[scenario.world.practice_id, one.id] = shifted = evolve(one, local_starts_at=one.local_starts_at + by)
    return shifted


async def stored(scenario: BookingScenario, booking: Booking) -> Appointment:
    async with scenario.world.begin(scenario.world.front_desk) as unit:
        found = await unit.appointments.get_for_practice(booking.appointment.id)
    assert found is not None
    return found.appointment


async def told(scenario: BookingScenario) -> list[object]:
    return [one.to_client or one.to_account for one in await scenario.world.notices()]


async def test_appointments_keep_their_local_time_under_new_rules(scenario: BookingScenario) -> None:
    correct = CorrectAppointmentTimes(scenario.world.begin, scenario.world.clock)
    list_shifted = ListShiftedAppointments(scenario.world.begin, scenario.world.clock)
    front = scenario.world.front_desk
    first, second, same = [await book(scenario, hour) for hour in (9, 10, 14)]
    assert await correct(scenario.world.system) == 0
    for one in (first, second):
        change_rules(scenario, one, HOUR)
    (shown, _) = (await list_shifted(front)).items
    assert (shown.id, shown.starts_at, shown.local_starts_at.hour) == (first.appointment.id, new_york(4, 9), 10)
    assert (shown.clinician_name, [one.client_name for one in shown.attendances]) == ("Dr. Grey", ["Ann Lee"])
    read = [one.record for one in await scenario.world.audit() if one.action == "appointments.read"]
    assert read == [scenario.ann.client_id]
    assert await correct(scenario.world.system) == 2
    for one, hour in ((first, 10), (second, 11), (same, 14)):
        saved = await stored(scenario, one)
        assert (saved.starts_at, saved.ends_at) == (new_york(4, hour), new_york(4, hour + 1))
    assert await stored(scenario, same) == same.appointment
    assert await told(scenario) == [scenario.ann.client_id, scenario.grey_account_id]
    assert (await list_shifted(front)).items == ()
    assert await correct(scenario.world.system) == 0
    assert len(await told(scenario)) == 2


async def test_what_cannot_keep_its_local_time_is_listed_for_staff(scenario: BookingScenario) -> None:
    correct = CorrectAppointmentTimes(scenario.world.begin, scenario.world.clock)
    first, _ = await book(scenario, 9), await book(scenario, 10)
    shifted = change_rules(scenario, first, HOUR)
    assert await correct(scenario.world.system) == 0
    assert await stored(scenario, first) == shifted
    shown = await ListShiftedAppointments(scenario.world.begin, scenario.world.clock)(scenario.world.front_desk)
    assert [one.id for one in shown.items] == [first.appointment.id]
    assert await told(scenario) == []


async def test_front_desk_and_administrators_list_what_shifted(scenario: BookingScenario) -> None:
    list_shifted = ListShiftedAppointments(scenario.world.begin, scenario.world.clock)
    correct = CorrectAppointmentTimes(scenario.world.begin, scenario.world.clock)
    jobs = [JOBS[one](scenario.world.begin, scenario.world.clock) for one in JOBS]
    for actor, refusal in ((grey(scenario), Forbidden), (scenario.ann, NotFound)):
        with pytest.raises(refusal):
            await list_shifted(actor)
    for job in (correct, *jobs):
        with pytest.raises((Forbidden, NotFound)):
            await job(scenario.world.as_staff("administrator"))


@pytest.mark.parametrize(
    ("keep", "start", "local"), [("wall_time", new_york(4, 10), 9), ("instant", new_york(4, 9), 8)]
)
async def test_video_visits_follow_the_practices_zone(
    scenario: BookingScenario, keep: Keep, start: datetime, local: int
) -> None:
    office = (await scenario.world.add_location()).id
    online, there = await book(scenario, 9), await book(scenario, 13, office)
    view = await change_zone(scenario, keep)
    assert view.affected == (online.appointment.id,)
    assert await scenario.world.jobs(EVENTS[keep]) == [{"practice_id": scenario.world.practice_id}]
    follow = JOBS[keep](scenario.world.begin, scenario.world.clock)
    assert await follow(scenario.world.system) == 1
    saved = await stored(scenario, online)
    assert (saved.starts_at, saved.local_starts_at.hour, saved.time_zone) == (start, local, CHICAGO)
    assert await stored(scenario, there) == there.appointment
    assert there.appointment.time_zone == ZONE
    assert await told(scenario) == [scenario.ann.client_id, scenario.grey_account_id]
    assert await follow(scenario.world.system) == 0


async def test_other_changes_of_the_practice_affect_no_appointment(scenario: BookingScenario) -> None:
    await book(scenario, 9)
    begin = cast(Begin[Any], scenario.world.begin)
    command = ChangePracticeCommand("Oak Street", ZONE, None, 1)
    view = await ChangePractice(begin, scenario.world.clock)(scenario.world.as_staff("administrator"), command)
    assert view.affected == ()
    assert [await scenario.world.jobs(one) for one in EVENTS.values()] == [[], []]


@pytest.mark.parametrize("now", [new_york(2, 8), new_york(12, 9)])
@pytest.mark.parametrize(("keep", "local"), [("wall_time", 10), ("instant", 9)])
async def test_video_series_follow_the_practices_zone(
    scenario: BookingScenario, keep: Keep, local: int, now: datetime
) -> None:
    """Also one that has no date to come: its extension continues the time on the wall clock, or the instants."""
    view = await book_series(scenario, 2)
    office = (await scenario.world.add_location()).id
    there = await book_series(scenario, 2, location_id=office, outside_hours=True, first_start=TUESDAY + 3 * HOUR)
    scenario.world.clock.at = now
    await change_zone(scenario, keep)
    desk = scenario.world.front_desk
    for _ in range(2):
        await JOBS[keep](scenario.world.begin, scenario.world.clock)(scenario.world.system)
        series = await scenario.use_cases.get_series(desk, view.id)
        assert (series.time_zone, series.version) == (CHICAGO, 2)
        assert series.first_start == TUESDAY.replace(hour=local)
    assert await scenario.use_cases.get_series(desk, there.id) == there
    await extend(scenario, series, count=1, outside_hours=True)
    assert (await starts_of(scenario))[-1] == first_instant(datetime(2026, 3, 17, local), CHICAGO)  # noqa: DTZ001
