"""Deadlines for cancelling, and opening times of video rooms."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.appointments.scheduling.deadlines import CalendarDays, cancellation_deadline, join_window
from portal_core.kernel.errors import Invalid
from tests.unit.appointments.dst_cases import (
    APIA,
    DST_NIGHTS,
    NEW_YORK,
    ODD_DST_NIGHTS,
    minutes_around,
    to_wall_clock,
    utc,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_hours_and_calendar_days_across_dst() -> None:
    ten_after_spring_night = utc(2026, 3, 8, 14)
    assert cancellation_deadline(ten_after_spring_night, NEW_YORK, 24 * HOUR) == utc(2026, 3, 7, 14)  # 9:00
    assert cancellation_deadline(ten_after_spring_night, NEW_YORK, CalendarDays(1)) == utc(2026, 3, 7, 15)  # 10:00
    ten_after_autumn_night = utc(2026, 11, 1, 15)
    assert cancellation_deadline(ten_after_autumn_night, NEW_YORK, 24 * HOUR) == utc(2026, 10, 31, 15)  # 11:00
    assert cancellation_deadline(ten_after_autumn_night, NEW_YORK, CalendarDays(1)) == utc(2026, 10, 31, 14)  # 10:00


def test_ambiguous_deadline_favors_the_client() -> None:
    half_past_two_on_monday = utc(2026, 3, 9, 6, 30)
    assert cancellation_deadline(half_past_two_on_monday, NEW_YORK, CalendarDays(1)) == utc(2026, 3, 8, 7)  # 3:00
    half_past_one_on_monday = utc(2026, 11, 2, 6, 30)
    second = utc(2026, 11, 1, 6, 30)
    assert cancellation_deadline(half_past_one_on_monday, NEW_YORK, CalendarDays(1)) == second


def test_deadline_over_a_skipped_calendar_day() -> None:
    ten_on_the_31st = utc(2011, 12, 30, 20)
    midnight_of_the_31st = utc(2011, 12, 30, 10)
    assert cancellation_deadline(ten_on_the_31st, APIA, CalendarDays(1)) == midnight_of_the_31st


@given(night=st.sampled_from(DST_NIGHTS + ODD_DST_NIGHTS), minute=st.integers(0, 24 * 60 - 1), days=st.integers(1, 2))
def test_calendar_day_deadline_keeps_local_time(night: tuple[str, date], minute: int, days: int) -> None:
    time_zone, day = night
    starts_at = utc(day.year, day.month, day.day) + DAY + timedelta(minutes=minute)
    deadline = cancellation_deadline(starts_at, time_zone, CalendarDays(days))
    wanted = to_wall_clock(starts_at, time_zone) - days * DAY
    exact = [at for at, local_time in minutes_around(time_zone, day) if local_time == wanted]
    later = [at for at, local_time in minutes_around(time_zone, day) if local_time > wanted]
    assert deadline == (exact[-1] if exact else later[0])
    assert deadline < starts_at


@given(st.sampled_from(DST_NIGHTS), st.integers(0, 10_000))
def test_hours_ignore_time_zone(night: tuple[str, date], minutes: int) -> None:
    time_zone, day = night
    starts_at = utc(day.year, day.month, day.day)
    assert cancellation_deadline(starts_at, time_zone, timedelta(minutes=minutes)) == starts_at - timedelta(
        minutes=minutes
    )


@pytest.mark.parametrize("days", [0, -1, 367])
def test_notice_days_limits(days: int) -> None:
    with pytest.raises(Invalid) as refused:
        CalendarDays(days)
    assert [(one.path, one.code) for one in refused.value.fields] == [("days", "out_of_range")]


def test_notice_is_a_day_to_a_year() -> None:
    assert (CalendarDays(1).days, CalendarDays(366).days) == (1, 366)


def test_join_window_opens_before_start_and_closes_at_end() -> None:
    assert join_window(utc(2026, 3, 2, 15), utc(2026, 3, 2, 15, 50)) == (
        utc(2026, 3, 2, 14, 45),
        utc(2026, 3, 2, 15, 50),
    )
