"""Expansion of rules and exceptions into windows."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.appointments.scheduling.availability import (
    AvailabilityException,
    AvailabilityRule,
    BookedTime,
    Window,
    date_range_around,
    merge_spans,
    open_windows,
    outside_hours,
)
from portal_core.appointments.scheduling.wall_clock import first_instant
from portal_core.kernel.errors import Invalid
from tests.unit.appointments.dst_cases import (
    ANNEX_ID,
    APIA,
    AUTUMN,
    CLINICIAN_ID,
    DST_NIGHTS,
    INTAKE_TYPE_ID,
    KATHMANDU,
    LORD_HOWE,
    NEW_YORK,
    OFFICE_ID,
    OTHER_CLINICIAN_ID,
    SPRING,
    minutes_around,
    utc,
)

MONDAY = date(2026, 3, 2)
SUNDAY_NUMBER = 6


def rule(**over: Any) -> AvailabilityRule:
    given_: dict[str, Any] = {
        "id": UUID(int=100),
        "clinician_id": CLINICIAN_ID,
        "weekday": 0,
        "start_time": time(9),
        "end_time": time(17),
        "time_zone": NEW_YORK,
        "valid_from": date(2000, 1, 1),
    }
    return AvailabilityRule(**given_ | over)


def closing(**over: Any) -> AvailabilityException:
    given_: dict[str, Any] = {
        "id": UUID(int=200),
        "clinician_id": CLINICIAN_ID,
        "date": MONDAY,
        "available": False,
        "time_zone": NEW_YORK,
    }
    return AvailabilityException(**given_ | over)


def opening(**over: Any) -> AvailabilityException:
    return closing(available=True, **over)


def hours(windows: list[Window]) -> list[tuple[datetime, datetime]]:
    return [(window.starts_at, window.ends_at) for window in windows]


@pytest.mark.parametrize(
    ("time_zone", "day", "real_hours"),
    [
        (NEW_YORK, SPRING, 2),
        (NEW_YORK, AUTUMN, 4),
        (LORD_HOWE, date(2026, 10, 4), 2.5),
        (LORD_HOWE, date(2026, 4, 5), 3.5),
        (KATHMANDU, SPRING, 3),
    ],
)
def test_windows_on_dst_nights(time_zone: str, day: date, real_hours: float) -> None:
    [window] = open_windows(
        [rule(time_zone=time_zone, weekday=SUNDAY_NUMBER, start_time=time(1), end_time=time(4))], [], day, day
    )
    assert window.ends_at - window.starts_at == timedelta(hours=real_hours)


def test_local_hours_are_stable_across_dst() -> None:
    windows = open_windows([rule()], [], MONDAY, MONDAY + timedelta(days=7))
    assert hours(windows) == [
        (utc(2026, 3, 2, 14), utc(2026, 3, 2, 22)),
        (utc(2026, 3, 9, 13), utc(2026, 3, 9, 21)),
    ]


def test_rule_validity_is_inclusive() -> None:
    weekly = rule(valid_from=date(2026, 3, 3), valid_until=date(2026, 3, 16))
    start_dates = [
        window.starts_at.date() for window in open_windows([weekly], [], date(2026, 2, 1), date(2026, 4, 30))
    ]
    assert start_dates == [date(2026, 3, 9), date(2026, 3, 16)]
    assert open_windows([weekly], [], date(2026, 3, 10), date(2026, 3, 15)) == []


def test_adjacent_windows_are_merged() -> None:
    rules = [
        rule(start_time=time(20), end_time=time(0)),
        rule(weekday=1, start_time=time(0), end_time=time(2)),
        rule(start_time=time(9), end_time=time(12)),
        rule(start_time=time(12), end_time=time(14)),
        rule(start_time=time(13), end_time=time(15)),
    ]
    windows = open_windows(rules, [], MONDAY, MONDAY + timedelta(days=1))
    assert hours(windows) == [
        (utc(2026, 3, 2, 14), utc(2026, 3, 2, 20)),
        (utc(2026, 3, 3, 1), utc(2026, 3, 3, 7)),
    ]


def test_windows_with_different_keys_are_not_merged() -> None:
    rules = [
        rule(),
        rule(location_id=OFFICE_ID),
        rule(appointment_type_ids=[INTAKE_TYPE_ID]),
        rule(clinician_id=OTHER_CLINICIAN_ID),
        rule(time_zone="America/Toronto"),
    ]
    windows = open_windows(rules, [], MONDAY, MONDAY)
    assert len(windows) == 5
    assert {(w.location_id, w.appointment_type_ids, w.clinician_id, w.time_zone) for w in windows} == {
        (None, frozenset(), CLINICIAN_ID, NEW_YORK),
        (OFFICE_ID, frozenset(), CLINICIAN_ID, NEW_YORK),
        (None, frozenset({INTAKE_TYPE_ID}), CLINICIAN_ID, NEW_YORK),
        (None, frozenset(), OTHER_CLINICIAN_ID, NEW_YORK),
        (None, frozenset(), CLINICIAN_ID, "America/Toronto"),
    }


def test_exceptions_cut_and_add_windows() -> None:
    exceptions = [
        closing(start_time=time(12), end_time=time(13)),
        closing(start_time=time(12, 30), end_time=time(13, 30)),
        closing(start_time=time(16), end_time=time(18)),
        opening(date=date(2026, 3, 3), start_time=time(10), end_time=time(11), location_id=OFFICE_ID),
        opening(date=date(2026, 3, 4), start_time=time(10), end_time=time(11)),
    ]
    windows = open_windows([rule()], exceptions, MONDAY, date(2026, 3, 3))
    assert hours(windows) == [
        (utc(2026, 3, 2, 14), utc(2026, 3, 2, 17)),
        (utc(2026, 3, 2, 18, 30), utc(2026, 3, 2, 21)),
        (utc(2026, 3, 3, 15), utc(2026, 3, 3, 16)),
    ]
    assert windows[2].location_id == OFFICE_ID


def test_closing_overrides_opening() -> None:
    exceptions = [opening(start_time=time(18), end_time=time(20)), closing()]
    assert open_windows([rule()], exceptions, MONDAY, MONDAY) == []


def test_closing_affects_one_location() -> None:
    rules = [rule(), rule(location_id=OFFICE_ID), rule(location_id=ANNEX_ID)]
    left = open_windows(rules, [closing(location_id=OFFICE_ID)], MONDAY, MONDAY)
    assert {window.location_id for window in left} == {None, ANNEX_ID}
    assert open_windows(rules, [closing()], MONDAY, MONDAY) == []


def test_closing_affects_one_clinician() -> None:
    windows = open_windows([rule(), rule(clinician_id=OTHER_CLINICIAN_ID)], [closing()], MONDAY, MONDAY)
    assert [window.clinician_id for window in windows] == [OTHER_CLINICIAN_ID]


def test_closing_uses_its_own_time_zone() -> None:
    away = closing(time_zone="Europe/London", start_time=time(15), end_time=time(16))
    assert hours(open_windows([rule()], [away], MONDAY, MONDAY)) == [
        (utc(2026, 3, 2, 14), utc(2026, 3, 2, 15)),
        (utc(2026, 3, 2, 16), utc(2026, 3, 2, 22)),
    ]


def test_exception_on_a_skipped_calendar_day() -> None:
    skipped = date(2011, 12, 30)
    exceptions = [opening(time_zone=APIA, date=skipped), closing(time_zone=APIA, date=skipped)]
    friday = rule(time_zone=APIA, weekday=skipped.weekday())
    assert open_windows([friday], exceptions, skipped, skipped) == []


def test_closing_in_a_skipped_hour_cuts_nothing() -> None:
    weekly = rule(weekday=SUNDAY_NUMBER, start_time=time(1), end_time=time(4))
    away = closing(date=SPRING, start_time=time(2, 15), end_time=time(2, 45))
    assert open_windows([weekly], [away], SPRING, SPRING) == open_windows([weekly], [], SPRING, SPRING)


day_times = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


def test_booked_times_outside_of_hours_are_found_years_ahead() -> None:
    """Windows are expanded around the appointments, however far apart these are."""
    monday = first_instant(datetime(2026, 3, 2, 9), NEW_YORK)  # noqa: DTZ001
    booked = [
        BookedTime(
            id=UUID(int=number),
            clinician_id=rule().clinician_id,
            appointment_type_id=UUID(int=1),
            location_id=None,
            starts_at=monday + timedelta(weeks=weeks, hours=hours),
            ends_at=monday + timedelta(weeks=weeks, hours=hours + 1),
        )
        for number, (weeks, hours) in enumerate([(0, 0), (300, 2), (300, -4), (520, 7), (0, 7), (0, 8), (0, -1)])
    ]
    found = outside_hours(booked, [rule(weekday=0, start_time=time(9), end_time=time(17))], [])
    assert [one.id.int for one in found] == [6, 5, 2]


@st.composite
def local_hours(draw: st.DrawFn) -> tuple[time, time]:
    start_time, end_time = draw(day_times), draw(day_times)
    return (start_time, time(0)) if start_time == end_time else (min(start_time, end_time), max(start_time, end_time))


@given(
    night=st.sampled_from(DST_NIGHTS),
    rules=st.lists(st.tuples(st.integers(0, 6), local_hours()), max_size=5),
    closings=st.lists(st.tuples(st.integers(-1, 1), local_hours()), max_size=3),
)
def test_open_minutes_match_rules_minus_closings(
    night: tuple[str, date],
    rules: list[tuple[int, tuple[time, time]]],
    closings: list[tuple[int, tuple[time, time]]],
) -> None:
    """Outside the fold, where starts are early and ends late, wall-clock time alone determines what is open."""
    time_zone, day = night
    first, last = day - timedelta(days=1), day + timedelta(days=1)
    windows = open_windows(
        [rule(time_zone=time_zone, weekday=weekday, start_time=s, end_time=e) for weekday, (s, e) in rules],
        [
            closing(time_zone=time_zone, date=day + timedelta(days=n), start_time=s, end_time=e)
            for n, (s, e) in closings
        ],
        first,
        last,
    )
    assert all(left.ends_at < right.starts_at for left, right in pairwise(windows))

    def within(wall: datetime, start_time: time, end_time: time) -> bool:
        return start_time <= wall.time() and (wall.time() < end_time or end_time == time(0))

    times_shown = Counter(wall for _, wall in minutes_around(time_zone, day, 5))
    for instant, wall in minutes_around(time_zone, day, 5):
        expected = any(weekday == wall.weekday() and within(wall, s, e) for weekday, (s, e) in rules)
        expected = expected and first <= wall.date() <= last
        expected = expected and not any(
            day + timedelta(days=n) == wall.date() and within(wall, s, e) for n, (s, e) in closings
        )
        if times_shown[wall] == 1:
            assert any(window.starts_at <= instant < window.ends_at for window in windows) == expected


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)), max_size=12))
def test_merged_spans_cover_same_time_and_are_disjoint(pairs: list[tuple[int, int]]) -> None:
    zero = utc(2026, 1, 1)
    spans = [(zero + timedelta(hours=at), zero + timedelta(hours=at + long)) for at, long in pairs]
    whole = merge_spans(spans)
    assert all(left[1] < right[0] for left, right in pairwise(whole))
    for hour in range(61):
        at = zero + timedelta(hours=hour)
        assert any(s <= at < e for s, e in whole) == any(s <= at < e for s, e in spans)


@given(
    night=st.sampled_from(DST_NIGHTS),
    minute=st.integers(0, 24 * 60 - 1),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
)
def test_date_range_around_covers_whole_windows(night: tuple[str, date], minute: int, weekdays: set[int]) -> None:
    time_zone, day = night
    at = datetime.combine(day, time.min, tzinfo=UTC) + timedelta(minutes=minute)
    rules = [rule(time_zone=time_zone, weekday=weekday, start_time=time(0), end_time=time(0)) for weekday in weekdays]

    def around(first: date, last: date) -> list[tuple[datetime, datetime]]:
        found = hours(open_windows(rules, [], first, last))
        reach = timedelta(hours=26)
        return [(max(s, at - reach), min(e, at + reach)) for s, e in found if s < at + reach and e > at - reach]

    first, last = date_range_around(at, at)
    assert around(first, last) == around(first - timedelta(days=9), last + timedelta(days=9))


@pytest.mark.parametrize(
    ("over", "path"),
    [
        ({"weekday": 7}, "weekday"),
        ({"weekday": -1}, "weekday"),
        ({"start_time": time(17)}, "end_time"),
        ({"start_time": time(18)}, "end_time"),
        ({"start_time": time(9, tzinfo=UTC)}, "start_time"),
        ({"end_time": time(9, tzinfo=UTC)}, "start_time"),
        ({"start_time": time(9, 0, 1)}, "start_time"),
        ({"end_time": time(17, 0, 0, 1)}, "start_time"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"valid_from": date.max}, "valid_from"),
        ({"valid_until": date(1999, 12, 31)}, "valid_until"),
    ],
)
def test_invalid_rule_is_refused(over: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        rule(**over)
    assert refused.value.fields[0].path == path


@pytest.mark.parametrize(
    ("over", "path"),
    [
        ({"start_time": time(9)}, "end_time"),
        ({"end_time": time(9)}, "end_time"),
        ({"start_time": time(9), "end_time": time(9)}, "end_time"),
        ({"time_zone": ""}, "time_zone"),
        ({"date": date.max}, "date"),
    ],
)
def test_invalid_exception_is_refused(over: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        closing(**over)
    assert refused.value.fields[0].path == path


def test_exception_with_one_of_two_times_is_incomplete() -> None:
    for half in ({"start_time": time(9)}, {"end_time": time(9)}):
        with pytest.raises(Invalid) as refused:
            closing(**half)
        assert [(one.path, one.code) for one in refused.value.fields] == [("end_time", "incomplete")]


def test_invalid_range_is_refused() -> None:
    with pytest.raises(Invalid):
        open_windows([rule()], [], MONDAY, MONDAY + timedelta(days=401))
    with pytest.raises(Invalid):
        open_windows([rule()], [], date.min, MONDAY)
    with pytest.raises(Invalid):
        open_windows([rule()], [], MONDAY, date.max)
    with pytest.raises(Invalid):
        date_range_around(datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    assert open_windows([rule()], [], MONDAY, MONDAY - timedelta(days=1)) == []


def test_nobody_in_particular_cannot_be_available() -> None:
    with pytest.raises(ValueError, match="only a clinician"):
        closing(clinician_id=None, available=True)
