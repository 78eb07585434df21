"""Weekly series: the same wall-clock time every week, also when clocks change in between."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from portal_core.appointments.scheduling.wall_clock import first_instant, require_valid_date
from portal_core.kernel.errors import Invalid

WEEK = timedelta(days=7)
MAX_SERIES_WEEKS = 260
"""Five years of weeks."""


def weekly_starts(
    first_start: datetime,
    time_zone: str,
    *,
    count: int | None = None,
    until: date | None = None,
    skip_dates: Collection[date] = (),
    changes: Mapping[date, datetime] | None = None,
) -> list[datetime]:
    """The starts of a weekly series in UTC, in order.

    `first_start` is local and naive, as are the new starts in `changes`, whose keys are the dates that they replace.
    The series ends after `count` weeks or with the local date `until`, inclusive. A skipped date counts, as an EXDATE
    does under RFC 5545's COUNT: ten weeks with one skipped are nine starts. `skip_dates` may be a whole calendar of
    holidays; dates outside the series are ignored. A start in the spring gap moves to the first instant after it, for
    that week only; one in the autumn fold is the first of the two.

    Raises:
        Invalid: not exactly one of `count` and `until`, a series that is empty or longer than five years, a change of a
            date that is skipped or not in the series, or an unknown zone.
    """
    if (count is None) == (until is None):
        raise Invalid.at("count", "count_or_until", "Enter either the number of weeks or the last date, not both.")
    first_day = require_valid_date(first_start.date(), "first_start")
    weeks = count if count is not None else (require_valid_date(until or first_day, "until") - first_day) // WEEK + 1
    if not 1 <= weeks <= MAX_SERIES_WEEKS:
        raise Invalid.at(
            "until" if count is None else "count",
            "out_of_range",
            f"Must make a series of 1 to {MAX_SERIES_WEEKS} weeks.",
        )
    planned = {first_day + week * WEEK: first_start + week * WEEK for week in range(weeks)}
    for skipped in skip_dates:
        planned.pop(skipped, None)
    if not planned:
        raise Invalid.at("skip_dates", "no_dates_left", "Must leave at least one date of the series.")
    for changed, start in (changes or {}).items():
        if changed not in planned:
            raise Invalid.at("changes", "not_in_series", f"Must be dates of the series: {changed} is not.")
        planned[changed] = start
    return sorted(first_instant(start, time_zone) for start in planned.values())
