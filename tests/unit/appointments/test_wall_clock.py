"""Conversion of wall-clock times to instants."""

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal_core.appointments.scheduling.wall_clock import (
    closing_instant,
    first_instant,
    last_instant,
    local_span,
    require_aware,
    require_valid_date,
    to_utc,
)
from portal_core.kernel.errors import Invalid
from portal_core.kernel.time_zones import zone_info
from tests.unit.appointments.dst_cases import (
    APIA,
    AUTUMN,
    DST_NIGHTS,
    HAVANA,
    HAVANA_AUTUMN,
    LORD_HOWE,
    NEW_YORK,
    ODD_DST_NIGHTS,
    SPRING,
    ST_JOHNS,
    minutes_around,
    utc,
    wall,
)

MINUTE = timedelta(minutes=1)
nights = st.sampled_from(DST_NIGHTS + ODD_DST_NIGHTS)
minutes_of_day = st.integers(0, 24 * 60 - 1)


@given(night=nights, shift=st.integers(-1, 1), minute=minutes_of_day)
def test_first_and_last_instant_of_local_time(night: tuple[str, date], shift: int, minute: int) -> None:
    time_zone, day = night
    local_time = datetime.combine(day + timedelta(days=shift), time.min) + minute * MINUTE
    matching_instants = [instant for instant, shown in minutes_around(time_zone, day) if shown == local_time]
    if matching_instants:
        assert (first_instant(local_time, time_zone), last_instant(local_time, time_zone)) == (
            matching_instants[0],
            matching_instants[-1],
        )
    else:
        after = next(instant for instant, shown in minutes_around(time_zone, day) if shown > local_time)
        assert {instant_of(local_time, time_zone) for instant_of in (first_instant, last_instant, closing_instant)} == {
            after
        }


@settings(max_examples=150)
@given(night=nights, shift=st.integers(-1, 1), start_minute=minutes_of_day, end_minute=st.integers(1, 24 * 60))
def test_local_span_is_minimal(night: tuple[str, date], shift: int, start_minute: int, end_minute: int) -> None:
    time_zone, day = night
    day += timedelta(days=shift)
    start_minute, end_minute = min(start_minute, end_minute - 1), max(start_minute + 1, end_minute)
    midnight = datetime.combine(day, time.min)
    opens, closes = midnight + start_minute * MINUTE, midnight + end_minute * MINUTE
    within = [at for at, shown in minutes_around(time_zone, night[1]) if opens <= shown < closes]
    expected = (within[0], within[-1] + MINUTE) if within else None
    assert local_span(day, opens.time(), closes.time(), time_zone) == expected


@pytest.mark.parametrize(
    ("time_zone", "day", "start_time", "end_time", "hours"),
    [
        (NEW_YORK, SPRING, time(1), time(4), 2),
        (NEW_YORK, AUTUMN, time(1), time(4), 4),
        (NEW_YORK, SPRING, time(2, 30), time(4), 1),
        (NEW_YORK, AUTUMN, time(1, 30), time(3), 2.5),
        (NEW_YORK, AUTUMN, time(0), time(1, 30), 2.5),
        (NEW_YORK, AUTUMN, time(0), time(1), 1),
        (NEW_YORK, SPRING, time(0), time(0), 23),
        (NEW_YORK, AUTUMN, time(0), time(0), 25),
        (LORD_HOWE, date(2026, 4, 5), time(0), time(0), 24.5),
        (LORD_HOWE, date(2026, 10, 4), time(1), time(3), 1.5),
        (HAVANA, SPRING, time(0), time(0), 23),
        (HAVANA, HAVANA_AUTUMN - timedelta(days=1), time(22), time(0), 2),
        (HAVANA, HAVANA_AUTUMN, time(0), time(0), 25),
        (ST_JOHNS, date(2006, 10, 28), time(22), time(0), 3),
    ],
)
def test_local_span_real_hours(time_zone: str, day: date, start_time: time, end_time: time, hours: float) -> None:
    span = local_span(day, start_time, end_time, time_zone)
    assert span is not None
    assert span[1] - span[0] == timedelta(minutes=round(hours * 60))


def test_nonexistent_local_times_are_empty() -> None:
    assert local_span(SPRING, time(2, 15), time(2, 45), NEW_YORK) is None
    assert local_span(date(2011, 12, 30), time(0), time(0), APIA) is None


def test_local_time_in_gap_is_first_instant_after_it() -> None:
    assert first_instant(wall(2026, 3, 8, 2, 30), NEW_YORK) == utc(2026, 3, 8, 7, 0)
    assert first_instant(wall(2026, 3, 8, 2, 30, 15, 250), NEW_YORK) == utc(2026, 3, 8, 7, 0)
    assert first_instant(wall(2011, 12, 30, 10), APIA) == utc(2011, 12, 30, 10, 0)  # midnight of the 31st


def test_fold_of_input_is_ignored() -> None:
    second = wall(2026, 11, 1, 1, 30, fold=1)
    assert first_instant(second, NEW_YORK) == utc(2026, 11, 1, 5, 30)
    assert last_instant(second, NEW_YORK) == utc(2026, 11, 1, 6, 30)


@pytest.mark.parametrize(
    "name", ["", "America", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "America/New York", "\0"]
)
def test_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        zone_info(name)
    assert refused.value.fields[0].code == "time_zone_unknown"


def test_instants_are_stored_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    moment = to_utc(datetime(2026, 3, 8, 12, tzinfo=east))
    assert (moment, moment.utcoffset()) == (utc(2026, 3, 8, 10), timedelta())
    with pytest.raises(ValueError, match="naive"):
        to_utc(wall(2026, 3, 8, 12))


def test_input_without_an_offset_or_out_of_range_is_refused() -> None:
    east = timezone(timedelta(hours=2))
    assert require_aware(datetime(2026, 3, 8, 12, tzinfo=east)) == utc(2026, 3, 8, 10)
    for value, code in (
        (wall(2026, 3, 8, 12), "offset_required"),
        (datetime(3000, 1, 1, tzinfo=east), "out_of_range"),
    ):
        with pytest.raises(Invalid) as refused:
            require_aware(value)
        assert [(one.path, one.code) for one in refused.value.fields] == [("starts_at", code)]


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(3000, 1, 1), date.max])
def test_extreme_dates_are_refused(day: date) -> None:
    with pytest.raises(Invalid):
        require_valid_date(day)
    with pytest.raises(Invalid):
        first_instant(datetime.combine(day, time(12)), NEW_YORK)
