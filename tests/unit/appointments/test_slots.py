"""Free slots, by single examples."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from portal_core.appointments.scheduling.availability import AvailabilityRule, Window, open_windows
from portal_core.appointments.scheduling.durations import AppointmentTiming, BusyTime
from portal_core.appointments.scheduling.slots import Refusal, Slot, free_slots, on_grid, slot_refusal
from portal_core.kernel.errors import Invalid
from portal_core.kernel.time_zones import zone_info
from tests.unit.appointments.dst_cases import (
    ANNEX_ID,
    APPOINTMENT_TYPE_ID,
    AUTUMN,
    CLINICIAN_ID,
    HAVANA,
    INTAKE_TYPE_ID,
    LORD_HOWE,
    NEW_YORK,
    OFFICE_ID,
    OTHER_CLINICIAN_ID,
    SPRING,
    to_wall_clock,
    utc,
)

NOW = utc(2026, 2, 1)
LATER = utc(2027, 1, 1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MONDAY = utc(2026, 3, 2)
HOURLY = AppointmentTiming(appointment_type_id=APPOINTMENT_TYPE_ID, duration=HOUR, max_advance_days=365)


def timing(**over: Any) -> AppointmentTiming:
    given: dict[str, Any] = {"appointment_type_id": APPOINTMENT_TYPE_ID, "duration": HOUR, "max_advance_days": 365}
    return AppointmentTiming(**given | over)


def window(*hours: float, day: datetime = MONDAY, time_zone: str = "UTC", **over: Any) -> Window:
    opens, closes = hours
    return Window(over.pop("clinician_id", CLINICIAN_ID), day + opens * HOUR, day + closes * HOUR, time_zone, **over)


def busy(*hours: float, before: int = 0, after: int = 0, clinician_id: UUID = CLINICIAN_ID) -> BusyTime:
    starts_at, ends_at = (utc(2026, 3, 2) + hour * HOUR for hour in hours)
    return BusyTime(clinician_id, starts_at, ends_at, before * MINUTE, after * MINUTE)


def start_times(slots: list[Slot], time_zone: str = "UTC") -> list[str]:
    return [f"{to_wall_clock(slot.starts_at, time_zone):%H:%M}" for slot in slots]


def free(
    windows: list[Window], taken: list[BusyTime], of: AppointmentTiming, now: datetime = NOW, time_zone: str = "UTC"
) -> list[str]:
    return start_times(free_slots(windows, taken, of, now, now, LATER), time_zone)


def test_slot_fields() -> None:
    assert free_slots([window(9, 10.5, location_id=OFFICE_ID)], [], timing(), NOW, NOW, LATER) == [
        Slot(CLINICIAN_ID, APPOINTMENT_TYPE_ID, utc(2026, 3, 2, 9), utc(2026, 3, 2, 10), OFFICE_ID)
    ]


def test_grid_starts_at_the_window_start() -> None:
    assert free([window(9.25, 12)], [], timing()) == ["09:15", "10:15"]
    assert free([window(9.25, 11)], [], timing(slot_step=15 * MINUTE)) == ["09:15", "09:30", "09:45", "10:00"]


def test_busy_time_does_not_shift_the_grid() -> None:
    assert free([window(9, 13)], [busy(9.5, 10.25)], timing()) == ["11:00", "12:00"]


def test_search_start_does_not_shift_the_grid() -> None:
    asked = free_slots([window(9, 13)], [], timing(), NOW, utc(2026, 3, 2, 9, 20), utc(2026, 3, 2, 12))
    assert start_times(asked) == ["10:00", "11:00"]


def test_grid_restarts_at_midnight() -> None:
    of = timing(slot_step=45 * MINUTE)
    assert free([window(22, 26)], [], of) == ["22:00", "22:45", "23:30", "00:00", "00:45"]


def test_gap_is_larger_of_two_buffers() -> None:
    of = timing(buffer_before=10 * MINUTE, buffer_after=15 * MINUTE, slot_step=5 * MINUTE)
    taken = [busy(11, 12, before=20, after=30)]
    listed = free([window(9, 14)], taken, of)
    assert [at for at in listed if at < "11:00"][-1] == "09:40"  # ends 10:40, 20 minutes before the busy time
    assert next(at for at in listed if at > "11:00") == "12:30"  # a gap of 30 minutes, not 40


def test_larger_buffer_of_new_appointment_counts() -> None:
    of = timing(buffer_before=40 * MINUTE, buffer_after=50 * MINUTE, slot_step=5 * MINUTE)
    listed = free([window(9, 14)], [busy(11, 12, before=20, after=30)], of)
    assert [at for at in listed if at < "11:00"][-1] == "09:10"
    assert next(at for at in listed if at > "11:00") == "12:40"


def test_adjacent_appointments_without_buffers_are_allowed() -> None:
    assert free([window(9, 12)], [busy(10, 11)], timing()) == ["09:00", "11:00"]


def test_buffers_need_not_fit_inside_the_window() -> None:
    of = timing(buffer_before=30 * MINUTE, buffer_after=30 * MINUTE)
    assert free([window(9, 10)], [], of) == ["09:00"]


def test_long_busy_span_covers_shorter_one() -> None:
    assert free([window(9, 14)], [busy(9, 13), busy(10, 11)], timing()) == ["13:00"]


def test_appointments_span_adjacent_windows_of_one_location() -> None:
    halves = [window(9, 9.5), window(9.5, 10, appointment_type_ids=frozenset({APPOINTMENT_TYPE_ID}))]
    assert free(halves, [], timing()) == ["09:00"]
    assert free([window(9, 9.5, location_id=OFFICE_ID), window(9.5, 10, location_id=ANNEX_ID)], [], timing()) == []


def test_overlapping_windows_list_a_start_once_per_location() -> None:
    assert free(
        [window(9, 11), window(9, 11, appointment_type_ids=frozenset({APPOINTMENT_TYPE_ID}))], [], timing()
    ) == [
        "09:00",
        "10:00",
    ]
    both = free_slots([window(9, 10, location_id=OFFICE_ID), window(9, 10)], [], timing(), NOW, NOW, LATER)
    assert {slot.location_id for slot in both} == {OFFICE_ID, None}
    assert len(both) == 2


def test_rules_in_two_time_zones_list_a_start_once() -> None:
    assert free([window(9, 11, time_zone="Europe/London"), window(9, 11)], [], timing()) == ["09:00", "10:00"]


def test_windows_are_limited_to_appointment_types() -> None:
    only_intake = [window(9, 10, appointment_type_ids=frozenset({INTAKE_TYPE_ID}))]
    assert free(only_intake, [], timing()) == []
    assert free(only_intake, [], timing(appointment_type_id=INTAKE_TYPE_ID)) == ["09:00"]


def test_busy_time_affects_one_clinician() -> None:
    windows = [window(9, 10), window(9, 10, clinician_id=OTHER_CLINICIAN_ID)]
    found = free_slots(windows, [busy(9, 10)], timing(), NOW, NOW, LATER)
    assert [slot.clinician_id for slot in found] == [OTHER_CLINICIAN_ID]


def test_no_slots_before_min_notice() -> None:
    day = [window(9, 13)]
    assert free(day, [], timing(), now=utc(2026, 3, 2, 10)) == ["10:00", "11:00", "12:00"]
    assert free(day, [], timing(), now=utc(2026, 3, 2, 10, 0, 1)) == ["11:00", "12:00"]
    assert free(day, [], timing(min_notice=26 * HOUR), now=utc(2026, 3, 1, 9)) == ["11:00", "12:00"]


def test_min_notice_is_real_time_across_dst() -> None:
    open_on_the_night = open_windows(
        [
            AvailabilityRule(
                id=UUID(int=100),
                clinician_id=CLINICIAN_ID,
                weekday=SPRING.weekday(),
                start_time=time(0),
                end_time=time(12),
                time_zone=NEW_YORK,
                valid_from=SPRING,
            )
        ],
        [],
        SPRING,
        SPRING,
    )
    evening_before = utc(2026, 3, 8, 1)  # 20:00 in New York
    listed = free(open_on_the_night, [], timing(min_notice=12 * HOUR), now=evening_before, time_zone=NEW_YORK)
    assert listed[0] == "09:00"  # 12 real hours later, 13 on the wall clock


@pytest.mark.parametrize(("day", "last"), [(SPRING, "2026-03-08"), (AUTUMN, "2026-11-01")])
def test_max_advance_ends_at_local_midnight(day: Any, last: str) -> None:
    always = [Window(CLINICIAN_ID, utc(2026, 1, 1), utc(2027, 1, 1), NEW_YORK)]
    of = timing(max_advance_days=7)
    local_noon = datetime.combine(day - timedelta(days=7), time(12), zone_info(NEW_YORK))
    for now in (local_noon - 11 * HOUR, local_noon, local_noon + 11 * HOUR):
        found = free_slots(always, [], of, now, now, LATER)
        assert f"{to_wall_clock(found[-1].starts_at, NEW_YORK):%Y-%m-%d %H:%M}" == f"{last} 23:00"
        edge = found[-1].starts_at + HOUR
        assert slot_refusal(edge, of, always, [], now) == Refusal.TOO_FAR
        assert slot_refusal(edge - timedelta(microseconds=1), of, always, [], now) is None


def test_advance_ends_with_the_later_of_two_time_zones() -> None:
    """In rules of two zones for one location, a start is bookable while one of them allows it."""
    zones = (NEW_YORK, "Pacific/Auckland")
    windows = [window(0, 48, time_zone=time_zone, location_id=OFFICE_ID) for time_zone in zones]
    today = timing(max_advance_days=0)
    now = utc(2026, 3, 2, 20)  # the 2nd in New York until 05:00 UTC, the 3rd in Auckland until 11:00 UTC
    assert free_slots(windows, [], today, now, now, LATER)[-1].starts_at == utc(2026, 3, 3, 10)
    assert slot_refusal(utc(2026, 3, 3, 10), today, windows, [], now) is None
    assert slot_refusal(utc(2026, 3, 3, 11), today, windows, [], now) == Refusal.TOO_FAR


def test_zero_advance_allows_today_only() -> None:
    of = timing(max_advance_days=0)
    windows = [window(9, 10), window(9, 10, day=utc(2026, 3, 3))]
    assert [slot.starts_at for slot in free_slots(windows, [], of, utc(2026, 3, 2, 1), NOW, LATER)] == [
        utc(2026, 3, 2, 9)
    ]


@pytest.mark.parametrize(
    ("time_zone", "opens", "real_hours", "step", "expected"),
    [
        (NEW_YORK, utc(2026, 3, 8, 5), 5, 60, ["00:00", "01:00", "03:00", "04:00", "05:00"]),
        (NEW_YORK, utc(2026, 11, 1, 4), 5, 60, ["00:00", "01:00", "01:00", "02:00", "03:00"]),
        (NEW_YORK, utc(2026, 11, 1, 5, 30), 3, 60, ["01:30", "01:30", "02:30"]),
        (LORD_HOWE, utc(2026, 10, 3, 14, 30), 3.5, 60, ["01:00", "03:00", "04:00"]),
        (LORD_HOWE, utc(2026, 4, 4, 14), 3.5, 60, ["01:00", "02:00", "03:00"]),
        (HAVANA, utc(2026, 3, 8, 4), 3, 60, ["23:00", "01:00", "02:00"]),
    ],
)
def test_slot_starts_on_dst_nights(
    time_zone: str, opens: datetime, real_hours: float, step: int, expected: list[str]
) -> None:
    windows = [Window(CLINICIAN_ID, opens, opens + real_hours * HOUR, time_zone)]
    assert free(windows, [], timing(duration=30 * MINUTE, slot_step=step * MINUTE), time_zone=time_zone) == expected


def test_slot_refusal_reasons() -> None:
    windows = [window(9, 12)]
    taken = [busy(10, 11)]

    def ask(hour: float, of: AppointmentTiming = HOURLY, now: datetime = NOW) -> Refusal | None:
        return slot_refusal(utc(2026, 3, 2) + hour * HOUR, of, windows, taken, now)

    assert ask(9) is None
    assert ask(10) == Refusal.TAKEN
    assert ask(9.1) == Refusal.TAKEN
    assert ask(8.9) == Refusal.OUTSIDE_AVAILABILITY
    assert ask(11.1) == Refusal.OUTSIDE_AVAILABILITY
    assert ask(9, timing(appointment_type_id=INTAKE_TYPE_ID)) is None
    assert ask(9, now=utc(2026, 3, 2, 9)) is None
    assert ask(9, now=utc(2026, 3, 2, 9, 1)) == Refusal.TOO_SOON
    assert ask(9, timing(min_notice=2 * HOUR), now=utc(2026, 3, 2, 7, 1)) == Refusal.TOO_SOON
    assert ask(9, timing(max_advance_days=3)) == Refusal.TOO_FAR
    assert slot_refusal(utc(2026, 3, 2, 9), timing(), [], [], NOW) == Refusal.OUTSIDE_AVAILABILITY


def test_slot_refusal_requires_one_clinician() -> None:
    with pytest.raises(ValueError, match="one clinician"):
        slot_refusal(utc(2026, 3, 2, 9), timing(), [window(9, 10)], [busy(9, 10, clinician_id=OTHER_CLINICIAN_ID)], NOW)


def test_off_grid_start_may_be_free() -> None:
    windows = [window(9, 12)]
    off = utc(2026, 3, 2, 9, 7)
    assert slot_refusal(off, timing(), windows, [], NOW) is None
    assert not on_grid(off, timing(), windows)
    assert on_grid(utc(2026, 3, 2, 10), timing(), windows)
    assert not on_grid(utc(2026, 3, 2, 12), timing(), windows)
    assert not on_grid(utc(2026, 3, 2, 10), timing(), [window(9, 12, appointment_type_ids=frozenset({INTAKE_TYPE_ID}))])


def test_naive_datetimes_raise() -> None:
    naive = utc(2026, 3, 2, 9).replace(tzinfo=None)
    with pytest.raises(ValueError, match="naive"):
        slot_refusal(naive, timing(), [window(9, 12)], [], NOW)
    with pytest.raises(ValueError, match="naive"):
        free_slots([window(9, 12)], [], timing(), NOW, naive, LATER)
    with pytest.raises(ValueError, match="naive"):
        BusyTime(CLINICIAN_ID, naive, LATER)


@pytest.mark.parametrize(
    ("over", "path"),
    [
        ({"duration": timedelta()}, "duration"),
        ({"duration": timedelta(days=2)}, "duration"),
        ({"buffer_before": -MINUTE}, "buffer_before"),
        ({"buffer_after": -MINUTE}, "buffer_after"),
        ({"slot_step": timedelta()}, "slot_step"),
        ({"min_notice": -MINUTE}, "min_notice"),
        ({"min_notice": timedelta(days=367)}, "min_notice"),
        ({"max_advance_days": -1}, "max_advance_days"),
        ({"max_advance_days": 10**12}, "max_advance_days"),
    ],
)
def test_invalid_timing_is_refused(over: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        timing(**over)
    assert refused.value.fields[0].path == path
