"""Series keep their wall-clock time."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal_core.appointments.scheduling.recurrence import MAX_INTERVAL_WEEKS, series_starts, series_weeks
from portal_core.kernel.errors import Invalid
from tests.unit.appointments.dst_cases import (
    APIA,
    DST_NIGHTS,
    LONDON,
    NEW_YORK,
    minutes_around,
    to_wall_clock,
    utc,
    wall,
)

WEEK = timedelta(days=7)


def weekly_starts(first_start: datetime, time_zone: str, **ends: Any) -> list[datetime]:
    """The starts of a weekly series that ends after a count or with a date."""
    skipped = ends.pop("skip_dates", ())
    return series_starts(first_start, time_zone, weeks=series_weeks(first_start, 1, **ends), skip_dates=skipped)


def test_local_time_is_kept_across_dst() -> None:
    assert weekly_starts(wall(2026, 3, 2, 10), NEW_YORK, count=3) == [
        utc(2026, 3, 2, 15),
        utc(2026, 3, 9, 14),
        utc(2026, 3, 16, 14),
    ]
    assert series_starts(wall(2026, 3, 2, 10), NEW_YORK, weeks=4, interval_weeks=2) == [
        utc(2026, 3, 2, 15),
        utc(2026, 3, 16, 14),
    ]


def test_until_is_included() -> None:
    first = wall(2026, 3, 2, 10)
    assert series_weeks(first, 1, until=date(2026, 3, 16)) == 3
    assert series_weeks(first, 1, until=date(2026, 3, 15)) == 2
    assert series_weeks(first, 1, until=date(2026, 3, 2)) == 1
    assert series_weeks(first, 2, until=date(2026, 3, 15)) == 2
    assert series_weeks(first, 2, until=date(2026, 3, 16)) == 4
    assert series_weeks(first, 12, until=date(2026, 3, 2)) == 12


def test_series_has_at_most_five_years_of_weeks_whatever_its_interval() -> None:
    first = wall(2026, 3, 2, 10)
    assert (series_weeks(first, 1, count=260), series_weeks(first, 2, count=130)) == (260, 260)
    assert series_weeks(first, 2, count=5, earlier_weeks=250) == 10
    for interval, count, earlier in ((2, 131, 0), (1, 11, 250), (12, 22, 0), (2, 1, 259), (1, 1, 260)):
        with pytest.raises(Invalid) as refused:
            series_weeks(first, interval, count=count, earlier_weeks=earlier)
        assert [(one.path, one.code) for one in refused.value.fields] == [("count", "out_of_range")]


@pytest.mark.parametrize("interval", [-1, 0, 13, 10**9])
def test_interval_out_of_range_is_refused(interval: int) -> None:
    with pytest.raises(Invalid) as refused:
        series_weeks(wall(2026, 3, 2, 10), interval, count=1)
    assert [(one.path, one.code) for one in refused.value.fields] == [("interval_weeks", "out_of_range")]


def test_skipped_dates_count_toward_the_number() -> None:
    holidays = [date(2026, 3, 9), date(2026, 3, 10), date(2026, 12, 25)]
    assert weekly_starts(wall(2026, 3, 2, 10), NEW_YORK, count=3, skip_dates=holidays) == [
        utc(2026, 3, 2, 15),
        utc(2026, 3, 16, 14),
    ]
    with pytest.raises(Invalid) as refused:
        weekly_starts(wall(2026, 3, 2, 10), NEW_YORK, count=1, skip_dates=[date(2026, 3, 2)])
    assert [one.code for one in refused.value.fields] == ["no_dates_left"]


def test_start_in_gap_moves_for_one_week() -> None:
    starts = weekly_starts(wall(2026, 3, 1, 2, 30), NEW_YORK, count=3)
    assert [to_wall_clock(start, NEW_YORK) for start in starts] == [
        wall(2026, 3, 1, 2, 30),
        wall(2026, 3, 8, 3, 0),
        wall(2026, 3, 15, 2, 30),
    ]


def test_start_in_fold_uses_first_instant() -> None:
    assert weekly_starts(wall(2026, 10, 18, 1, 30), LONDON, count=2)[1] == utc(2026, 10, 25, 0, 30)


def test_skipped_calendar_day_moves_to_next_midnight() -> None:
    starts = weekly_starts(wall(2011, 12, 23, 10), APIA, count=2)
    assert to_wall_clock(starts[1], APIA) == wall(2011, 12, 31)


@given(
    night=st.sampled_from(DST_NIGHTS),
    minute=st.integers(0, 24 * 60 - 1),
    interval=st.integers(1, MAX_INTERVAL_WEEKS),
    dates_before=st.integers(0, 6),
    dates_after=st.integers(0, 6),
    skipped=st.sets(st.integers(0, 12), max_size=3),
)
def test_every_date_keeps_local_time_outside_gaps(
    night: tuple[str, date], minute: int, interval: int, dates_before: int, dates_after: int, skipped: set[int]
) -> None:
    time_zone, day = night
    on_the_night = wall(day.year, day.month, day.day) + timedelta(minutes=minute)
    step = interval * WEEK
    first = on_the_night - dates_before * step
    count = dates_before + 1 + dates_after
    left = [number for number in range(count) if number not in skipped]
    assume(left)
    starts = series_starts(
        first,
        time_zone,
        weeks=series_weeks(first, interval, count=count),
        interval_weeks=interval,
        skip_dates=[(first + number * step).date() for number in skipped],
    )
    assert len(starts) == len(left)
    for number, start in zip(left, starts, strict=True):
        expected = first + number * step
        if expected == on_the_night:
            not_before = [at for at, local_time in minutes_around(time_zone, day) if local_time >= expected]
            exact = [at for at, local_time in minutes_around(time_zone, day) if local_time == expected]
            assert start == (exact or not_before)[0]
        elif not any(zone == time_zone and expected.date() == other for zone, other in DST_NIGHTS):
            assert to_wall_clock(start, time_zone) == expected


@pytest.mark.parametrize(
    ("over", "path", "code"),
    [
        ({}, "count", "count_or_until"),
        ({"count": 2, "until": date(2026, 4, 1)}, "count", "count_or_until"),
        ({"count": 0}, "count", "out_of_range"),
        ({"count": -1}, "count", "out_of_range"),
        ({"count": 261}, "count", "out_of_range"),
        ({"count": 10**9}, "count", "out_of_range"),
        ({"until": date(2026, 3, 1)}, "until", "out_of_range"),
        ({"until": date(2040, 1, 1)}, "until", "out_of_range"),
        ({"until": date.max}, "until", "out_of_range"),
        ({"count": 1, "skip_dates": [date(2026, 3, 2)]}, "skip_dates", "no_dates_left"),
    ],
)
def test_invalid_series_is_refused(over: dict[str, Any], path: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        weekly_starts(wall(2026, 3, 2, 10), NEW_YORK, **over)
    assert (refused.value.fields[0].path, refused.value.fields[0].code) == (path, code)


def test_unknown_time_zone_or_extreme_dates_are_refused() -> None:
    with pytest.raises(Invalid):
        weekly_starts(wall(2026, 3, 2, 10), "Mars/Olympus", count=1)
    with pytest.raises(Invalid):
        weekly_starts(datetime.max.replace(fold=0), NEW_YORK, count=1)  # noqa: DTZ901
    assert len(weekly_starts(wall(2026, 3, 2, 10), NEW_YORK, count=260)) == 260
