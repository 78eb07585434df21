"""Clients search for free times."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from portal_core.appointments.errors import NotBookable
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.use_cases.hold_slot import HoldSlotCommand
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import Invalid
from portal_core.kernel.page import PageRequest, cursor
from tests.support.contracts.appointments.world import ZONE, new_york
from tests.unit.appointments.conftest import BookingScenario


def march_query(first: int, last: int, scenario: BookingScenario, **more: object) -> FindSlotsQuery:
    days = {"first_day": date(2026, 3, first), "last_day": date(2026, 3, last)}
    return FindSlotsQuery(appointment_type_id=scenario.appointment_type.id, **days, **more)  # type: ignore[arg-type]


class TestFindSlots:
    async def test_taken_times_are_not_listed(self, scenario: BookingScenario) -> None:
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        await scenario.use_cases.book(scenario.bob, BookAppointmentCommand(choice=choice))
        await scenario.use_cases.hold(
            scenario.bob,
            HoldSlotCommand(scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 12))),
        )
        page = await scenario.use_cases.find_slots(scenario.ann, march_query(4, 4, scenario))
        assert [one.starts_at for one in page.items] == [new_york(4, hour) for hour in (9, 11, 13, 14, 15, 16)]
        first = page.items[0]
        assert (first.clinician_name, first.clinician_credentials, first.time_zone) == ("Dr. Grey", "PhD", ZONE)
        assert (first.appointment_type_name, first.telehealth, first.ends_at) == (
            "Individual session",
            True,
            new_york(4, 10),
        )
        assert page.next is None

    async def test_search_filters_by_location_clinician_and_telehealth(self, scenario: BookingScenario) -> None:
        location = await scenario.world.add_location()
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.join_care_team(scenario.ann.client_id, green)
        await scenario.world.open_week(green, location_id=location.id, start_time=time(9), end_time=time(10))

        async def clinicians(**more: object) -> set[str]:
            page = await scenario.use_cases.find_slots(scenario.ann, march_query(4, 4, scenario, **more))
            return {one.clinician_name for one in page.items}

        assert await clinicians() == {"Dr. Grey", "Dr. Green"}
        assert await clinicians(telehealth=True) == {"Dr. Grey"}
        assert await clinicians(telehealth=False) == {"Dr. Green"}
        assert await clinicians(location_id=location.id) == {"Dr. Green"}
        assert await clinicians(clinician_id=green) == {"Dr. Green"}
        assert await clinicians(clinician_id=green, telehealth=True) == set()

    async def test_pages_keep_equal_start_times_together(self, scenario: BookingScenario) -> None:
        for name in ("Dr. Green", "Dr. White"):
            other = await scenario.world.add_clinician(name)
            await scenario.world.join_care_team(scenario.ann.client_id, other)
            await scenario.world.open_week(other, end_time=time(12))
        whole = await scenario.use_cases.find_slots(scenario.ann, march_query(3, 6, scenario))
        found, after = [], ""
        while True:
            page = await scenario.use_cases.find_slots(
                scenario.ann, march_query(3, 6, scenario, page=PageRequest(after, 4))
            )
            assert 1 <= len(page.items) <= 6
            found += page.items
            after = page.next
            if not after:
                break
        assert tuple(found) == whole.items
        assert len(found) == 4 * (8 + 3 + 3)

    @pytest.mark.parametrize("year", [1900, 2999])
    async def test_cursor_outside_the_search_range_adds_no_slots(self, scenario: BookingScenario, year: int) -> None:
        whole = await scenario.use_cases.find_slots(scenario.ann, march_query(3, 6, scenario))
        forged = PageRequest(cursor((datetime(year, 6, 1, tzinfo=UTC), scenario.grey)))
        page = await scenario.use_cases.find_slots(scenario.ann, march_query(3, 6, scenario, page=forged))
        assert page.items == (whole.items[:20] if year == 1900 else ())

    @pytest.mark.parametrize(("first", "last"), [(5, 4), (1, 43)])
    async def test_search_range_is_limited(self, scenario: BookingScenario, first: int, last: int) -> None:
        day = date(2026, 3, 1)
        query = FindSlotsQuery(
            appointment_type_id=scenario.appointment_type.id,
            first_day=day + timedelta(days=first - 1),
            last_day=day + timedelta(days=last - 1),
        )
        with pytest.raises(Invalid):
            await scenario.use_cases.find_slots(scenario.ann, query)

    async def test_extreme_dates_are_refused(self, scenario: BookingScenario) -> None:
        for day in (date.min, date.max):
            with pytest.raises(Invalid):
                await scenario.use_cases.find_slots(
                    scenario.ann,
                    FindSlotsQuery(appointment_type_id=scenario.appointment_type.id, first_day=day, last_day=day),
                )

    async def test_no_slots_without_self_booking(self, scenario: BookingScenario) -> None:
        without_care_team = scenario.world.as_client(await scenario.world.add_client())
        stranger = await scenario.world.add_clinician()
        with pytest.raises(NotBookable):
            await scenario.use_cases.find_slots(without_care_team, march_query(4, 4, scenario))
        with pytest.raises(NotBookable):
            await scenario.use_cases.find_slots(scenario.ann, march_query(4, 4, scenario, clinician_id=stranger))

    async def test_days_are_in_practice_time_zone(self, scenario: BookingScenario) -> None:
        await scenario.world.open_week(scenario.grey, start_time=time(20), end_time=time(23))
        page = await scenario.use_cases.find_slots(scenario.ann, march_query(4, 4, scenario))
        # In UTC it is already the fifth.
        assert [one.starts_at for one in page.items] == [new_york(4, hour) for hour in (20, 21, 22)]

    async def test_read_only_proxy_can_search_and_is_audited(self, scenario: BookingScenario) -> None:
        reader: Actor = scenario.world.as_proxy(scenario.ann.client_id, may_write=False)
        await scenario.use_cases.find_slots(reader, march_query(4, 4, scenario))
        assert [one.action for one in await scenario.world.audit()][-1] == "slots.read"
        assert (await scenario.world.audit())[-1].record == scenario.ann.client_id
