"""The whole practice is closed on a holiday."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from attrs import evolve

from portal_core.appointments.errors import OutsideAvailability
from portal_core.appointments.use_cases.add_availability_exception import AddAvailabilityExceptionCommand
from portal_core.appointments.use_cases.add_holidays import AddHolidays, AddHolidaysCommand
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.list_holidays import ListHolidays
from portal_core.appointments.use_cases.remove_holiday import RemoveHoliday
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from tests.support.contracts.appointments.world import ids_of, new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import WEDNESDAY, booked, grey, start_times

DAY = timedelta(days=1)
HOLIDAYS = AddHolidaysCommand(first_day=WEDNESDAY, last_day=WEDNESDAY + DAY, name=" Spring break ")


def add_holidays(scenario: BookingScenario) -> AddHolidays:
    return AddHolidays(scenario.world.begin, scenario.world.clock, scenario.world.ids)


def list_holidays(scenario: BookingScenario) -> ListHolidays:
    return ListHolidays(scenario.world.begin, scenario.world.clock)


def remove_holiday(scenario: BookingScenario) -> RemoveHoliday:
    return RemoveHoliday(scenario.world.begin)


async def test_no_clinician_is_available_on_a_holiday(scenario: BookingScenario) -> None:
    use_cases, front = scenario.use_cases, scenario.world.front_desk
    view = await add_holidays(scenario)(front, HOLIDAYS)
    assert [(one.date, one.name) for one in view.holidays] == [
        (WEDNESDAY, "Spring break"),
        (WEDNESDAY + DAY, "Spring break"),
    ]
    opened = AddAvailabilityExceptionCommand(
        clinician_id=scenario.grey, date=WEDNESDAY, available=True, start_time=time(9), end_time=time(12)
    )
    await use_cases.add_exception(front, opened)
    assert await start_times(scenario) == [], "a clinician's own opening does not override it"
    assert await start_times(scenario, WEDNESDAY + DAY) == []
    assert len(await start_times(scenario, WEDNESDAY + 2 * DAY)) == 8
    choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
    with pytest.raises(OutsideAvailability):
        await use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
    week = await use_cases.get_availability(grey(scenario), scenario.grey)
    assert ([one.date for one in week.exceptions], week.holidays) == ([WEDNESDAY], view.holidays)
    assert (await list_holidays(scenario)(grey(scenario))).items == view.holidays
    await remove_holiday(scenario)(front, view.holidays[0].id)
    assert len(await start_times(scenario)) == 8
    with pytest.raises(NotFound):
        await remove_holiday(scenario)(front, view.holidays[0].id)


async def test_appointments_on_a_holiday_are_listed(scenario: BookingScenario) -> None:
    other = await scenario.world.add_clinician("Dr. Green")
    later, sooner = await booked(scenario, hour=11), await booked(scenario, hour=9)
    greens = await scenario.world.add_booking(other, scenario.appointment_type, new_york(5, 9), scenario.bob.client_id)
    await scenario.world.add_booking(other, scenario.appointment_type, new_york(6, 9), scenario.bob.client_id)
    for _ in range(2):
        view = await add_holidays(scenario)(scenario.world.front_desk, HOLIDAYS)
        assert ids_of(view.conflicts) == (sooner.id, later.id, greens.appointment.id)
    week = await scenario.use_cases.get_availability(scenario.world.front_desk, scenario.grey)
    assert ids_of(week.conflicts) == (sooner.id, later.id)
    assert (await scenario.use_cases.get_appointment(scenario.ann, later.id)).status == "booked"


async def test_known_holiday_stays_as_it_is(scenario: BookingScenario) -> None:
    add, front = add_holidays(scenario), scenario.world.front_desk
    first = await add(front, HOLIDAYS)
    more = await add(front, evolve(HOLIDAYS, last_day=WEDNESDAY + 2 * DAY, name=None))
    assert more.holidays[:2] == first.holidays
    assert [one.action for one in await scenario.world.audit()].count("holiday.added") == 3
    alone = await add(front, AddHolidaysCommand(first_day=date(2026, 12, 25)))
    assert [(one.date, one.name) for one in alone.holidays] == [(date(2026, 12, 25), None)]


@pytest.mark.parametrize(
    ("first_day", "days", "error"),
    [
        (date(2026, 3, 1), 3, ("first_day", "past")),
        (WEDNESDAY, -1, ("last_day", "out_of_range")),
        (WEDNESDAY, 62, ("last_day", "out_of_range")),
    ],
)
async def test_invalid_dates_are_refused(
    scenario: BookingScenario, first_day: date, days: int, error: tuple[str, str]
) -> None:
    command = AddHolidaysCommand(first_day=first_day, last_day=first_day + days * DAY)
    with pytest.raises(Invalid) as refused:
        await add_holidays(scenario)(scenario.world.front_desk, command)
    assert [(one.path, one.code) for one in refused.value.fields] == [error]
    longest = AddHolidaysCommand(first_day=WEDNESDAY, last_day=WEDNESDAY + 61 * DAY)
    assert len((await add_holidays(scenario)(scenario.world.front_desk, longest)).holidays) == 62


async def test_today_is_the_practices(scenario: BookingScenario) -> None:
    scenario.world.clock.at = datetime(2026, 3, 5, 2, tzinfo=UTC)
    command = AddHolidaysCommand(first_day=WEDNESDAY)
    assert (await add_holidays(scenario)(scenario.world.front_desk, command)).holidays


async def test_number_of_holidays_is_limited(scenario: BookingScenario) -> None:
    add, front = add_holidays(scenario), scenario.world.front_desk
    for number in range(6):
        first_day = WEDNESDAY + 61 * number * DAY
        await add(front, AddHolidaysCommand(first_day=first_day, last_day=first_day + 60 * DAY))
    with pytest.raises(Invalid) as refused:
        await add(front, AddHolidaysCommand(first_day=WEDNESDAY + 366 * DAY))
    assert [one.code for one in refused.value.fields] == ["too_many"]
    assert len((await add(front, HOLIDAYS)).holidays) == 2


async def test_front_desk_and_administrators_close_the_practice(scenario: BookingScenario) -> None:
    world = scenario.world
    (holiday, _) = (await add_holidays(scenario)(world.as_staff("administrator"), HOLIDAYS)).holidays
    for actor, refusal in (
        (grey(scenario), Forbidden),
        (world.as_staff("biller", "auditor"), Forbidden),
        (scenario.ann, NotFound),
    ):
        with pytest.raises(refusal):
            await add_holidays(scenario)(actor, HOLIDAYS)
        with pytest.raises(refusal):
            await remove_holiday(scenario)(actor, holiday.id)
    with pytest.raises(NotFound):
        await list_holidays(scenario)(scenario.ann)
    with pytest.raises(Forbidden):
        await list_holidays(scenario)(world.as_staff("biller"))
