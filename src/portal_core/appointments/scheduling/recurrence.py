"""Weekly series: the same time on the wall every week, whatever the clocks do in between."""

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

    `first_start` is local and naive, as are the new starts in `changes`, which are found by the date that they
    replace. The series ends after `count` weeks or with the local date `until`, included. A skipped date counts, as
    an EXDATE does under RFC 5545's COUNT: ten weeks with one skipped are nine starts. Dates to skip may be a whole
    calendar of holidays; those on which nothing falls mean nothing. A start in the spring gap moves to the first
    instant after it, for that week only; one in the autumn fold is the first of the two.

    Raises:
        Invalid: not exactly one of `count` and `until`, a series that is empty or longer than five years, a change of
            a date that is skipped or not of the series, an unknown zone.
    """
    if (count is None) == (until is None):
        raise Invalid.at("count", "count_or_until", "Say how many weeks, or until which date; not both.")
    first_day = require_valid_date(first_start.date(), "first_start")
    weeks = count if count is not None else (require_valid_date(until or first_day, "until") - first_day) // WEEK + 1
    if not 1 <= weeks <= MAX_SERIES_WEEKS:
        raise Invalid.at(
            "until" if count is None else "count", "out_of_range", f"A series has 1 to {MAX_SERIES_WEEKS} weeks."
        )
    planned = {first_day + week * WEEK: first_start + week * WEEK for week in range(weeks)}
    for skipped in skip_dates:
        planned.pop(skipped, None)
    if not planned:
        raise Invalid.at("skip_dates", "no_dates_left", "Every date of the series is skipped.")
    for changed, start in (changes or {}).items():
        if changed not in planned:
            raise Invalid.at("changes", "not_in_series", f"Nothing of the series falls on {changed}.")
        planned[changed] = start
    return sorted(first_instant(start, time_zone) for start in planned.values())
