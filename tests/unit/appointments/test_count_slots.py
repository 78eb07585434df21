"""A calendar shows how many free times each day has."""

from collections import Counter
from datetime import date, time, timedelta

import pytest

from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.count_slots import CountSlots, CountSlotsQuery
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.kernel.errors import Invalid
from portal_core.kernel.page import PageRequest
from portal_core.kernel.time_zones import zone_info
from tests.support.contracts.appointments.world import ZONE, new_york
from tests.unit.appointments.conftest import BookingScenario

FIRST, LAST = date(2026, 3, 2), date(2026, 3, 15)
"""Two weeks; the clocks of New York change on their last day."""


def query(scenario: BookingScenario, first: date = FIRST, last: date = LAST, **more: object) -> CountSlotsQuery:
    return CountSlotsQuery(  # type: ignore[arg-type]
        appointment_type_id=scenario.appointment_type.id, first_day=first, last_day=last, **more
    )


def count(scenario: BookingScenario) -> CountSlots:
    return CountSlots(scenario.world.begin, scenario.world.clock)


async def test_each_day_counts_what_a_search_lists(scenario: BookingScenario) -> None:
    green = await scenario.world.add_clinician("Dr. Green")
    await scenario.world.join_care_team(scenario.ann.client_id, green)
    await scenario.world.open_week(green, start_time=time(20), end_time=time(23))
    choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
    await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
    counted = await count(scenario)(scenario.ann, query(scenario))
    found, after = Counter[date](), ""
    while True:
        page = await scenario.use_cases.find_slots(
            scenario.ann,
            FindSlotsQuery(
                appointment_type_id=scenario.appointment_type.id,
                first_day=FIRST,
                last_day=LAST,
                page=PageRequest(after, 100),
            ),
        )
        found.update(one.starts_at.astimezone(zone_info(ZONE)).date() for one in page.items)
        if not page.next:
            break
        after = page.next
    assert counted.time_zone == ZONE
    assert [one.day for one in counted.days] == [FIRST + timedelta(days=at) for at in range(14)]
    assert {one.day: one.slots for one in counted.days if one.slots} == found
    assert 0 in {one.slots for one in counted.days}
    assert found[date(2026, 3, 4)] == found[date(2026, 3, 5)] - 1


async def test_search_is_limited_as_that_for_times_is(scenario: BookingScenario) -> None:
    counted = await count(scenario)(scenario.ann, query(scenario, telehealth=False))
    assert {one.slots for one in counted.days} == {0}


async def test_reading_is_audited(scenario: BookingScenario) -> None:
    await count(scenario)(scenario.ann, query(scenario))
    assert [one.record for one in await scenario.world.audit() if one.action == "slots.read"] == [
        scenario.ann.client_id
    ]


@pytest.mark.parametrize(("first", "last"), [(LAST, FIRST), (FIRST, FIRST + timedelta(days=42)), (FIRST, date.max)])
async def test_range_of_more_than_six_weeks_is_refused(scenario: BookingScenario, first: date, last: date) -> None:
    with pytest.raises(Invalid):
        await count(scenario)(scenario.ann, query(scenario, first, last))
    six_weeks = await count(scenario)(scenario.ann, query(scenario, FIRST, FIRST + timedelta(days=41)))
    assert len(six_weeks.days) == 42
