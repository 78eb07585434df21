"""Series: the same wall-clock time every one or more weeks, also when clocks change in between."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from portal_core.appointments.scheduling.wall_clock import first_instant, require_valid_date
from portal_core.kernel.errors import Invalid

WEEK = timedelta(days=7)
MAX_SERIES_WEEKS = 260
"""Five years of weeks."""

MAX_INTERVAL_WEEKS = 12
"""About a quarter."""


def series_weeks(
    first_start: datetime,
    interval_weeks: int,
    *,
    count: int | None = None,
    until: date | None = None,
    earlier_weeks: int = 0,
) -> int:
    """How many weeks a series takes: its dates, skipped ones too, times the interval.

    It ends after `count` dates or with the local date `until`, inclusive. `earlier_weeks` are those that it already
    had, if it is extended from `first_start` on.

    Raises:
        Invalid: not exactly one of `count` and `until`, an interval that is not 1 to 12 weeks, or a series that is
            empty or longer than five years.
    """
    if (count is None) == (until is None):
        raise Invalid.at("count", "count_or_until", "Enter either the number of dates or the last date, not both.")
    if not 1 <= interval_weeks <= MAX_INTERVAL_WEEKS:
        raise Invalid.at("interval_weeks", "out_of_range", f"Must be between 1 and {MAX_INTERVAL_WEEKS}.")
    first_day = require_valid_date(first_start.date(), "first_start")
    if count is None:
        count = (require_valid_date(until or first_day, "until") - first_day) // (interval_weeks * WEEK) + 1
    weeks = count * interval_weeks
    if not 1 <= weeks <= MAX_SERIES_WEEKS - earlier_weeks:
        path = "count" if until is None else "until"
        raise Invalid.at(path, "out_of_range", f"Must make a series of 1 to {MAX_SERIES_WEEKS} weeks.")
    return weeks


def series_starts(
    first_start: datetime, time_zone: str, *, weeks: int, interval_weeks: int = 1, skip_dates: Collection[date] = ()
) -> list[datetime]:
    """The starts of a series in UTC, in order.

    `first_start` is local and naive. A skipped date counts, as an EXDATE does under RFC 5545's COUNT: ten dates with
    one skipped are nine starts. `skip_dates` may be a whole calendar of holidays; dates outside the series are ignored.
    A start in the spring gap moves to the first instant after it, for that date only; one in the autumn fold is the
    first of the two.

    Raises:
        Invalid: every date is skipped, a date is out of range, or an unknown zone.
    """
    require_valid_date(first_start.date(), "first_start")
    planned = [first_start + week * WEEK for week in range(0, weeks, interval_weeks)]
    left = [start for start in planned if start.date() not in skip_dates]
    if not left:
        raise Invalid.at("skip_dates", "no_dates_left", "Must leave at least one date of the series.")
    return [first_instant(start, time_zone) for start in left]
