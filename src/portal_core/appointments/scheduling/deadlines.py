"""Deadlines for cancelling, and the opening times of video rooms."""

from datetime import datetime, timedelta

from attrs import frozen

from portal_core.appointments.scheduling.wall_clock import DAY, Span, last_instant, to_utc
from portal_core.kernel.errors import Invalid
from portal_core.kernel.time_zones import zone_info

JOIN_LEAD_TIME = timedelta(minutes=15)
"""How long before the start a video room opens (SPEC 3.3)."""

MAX_NOTICE_DAYS = 366


@frozen
class CalendarDays:
    """A notice period in calendar days: 1 means "by the same time the day before".

    Raises:
        Invalid: less than 1, or more than a year.
    """

    days: int

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.days <= MAX_NOTICE_DAYS:
            raise Invalid.at("days", "out_of_range", f"Must be between 1 and {MAX_NOTICE_DAYS}.")


def cancellation_deadline(starts_at: datetime, time_zone: str, notice: timedelta | CalendarDays) -> datetime:
    """The last moment, inclusive, at which a client gives enough notice. In UTC.

    A `timedelta` is real time: 24 hours are 24 hours, also when clocks change in between. `CalendarDays` are calendar
    days in `time_zone`: for an appointment at 10:00, one day is 10:00 on the day before, though that may be 23 or 25
    hours. If clocks show that time twice, the later one counts; if they never show it, the first instant after the gap:
    both in favor of the client.

    Raises:
        Invalid: the zone does not exist.
    """
    starts_at = to_utc(starts_at)
    if isinstance(notice, timedelta):
        return starts_at - notice
    wall = starts_at.astimezone(zone_info(time_zone)).replace(tzinfo=None)
    return last_instant(wall - notice.days * DAY, time_zone)


def join_window(starts_at: datetime, ends_at: datetime) -> Span:
    """When a client can join: from 15 minutes before the start (inclusive) to the end (exclusive)."""
    return to_utc(starts_at) - JOIN_LEAD_TIME, to_utc(ends_at)
