"""Conversion of wall-clock times to instants in UTC, in any IANA zone, on any night.

Twice a year wall-clock time is not unique: in spring some times never occur (the gap), in autumn some occur twice (the
fold, PEP 495). Python leaves the choice to the caller; these functions make it in one place.

- A time in the gap means the first instant after the gap: 02:30 on New York's spring night is 03:00.
- For a time in the fold the caller chooses: `first_instant`, `last_instant`, or `closing_instant` for an end.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import NewType, cast

from portal_core.kernel.errors import Invalid
from portal_core.kernel.time_zones import zone_info

LocalDateTime = NewType("LocalDateTime", datetime)
"""A wall-clock time: naive, and an instant only together with a zone."""

ClockTime = NewType("ClockTime", str)
"""A time of day in whole minutes, `HH:MM`: the form in which the API shows and takes all of them."""

Span = tuple[datetime, datetime]
"""From the first instant up to, not including, the second. Both in UTC."""

DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_YEARS = range(1900, 3000)


def to_utc(moment: datetime) -> datetime:
    """The same instant in UTC, so that adding hours adds real hours.

    Raises:
        ValueError: `moment` is naive, which is a programming error and not invalid input.
    """
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() is None:
        raise ValueError("a naive datetime is not an instant")
    return moment.astimezone(UTC)


def clock_time(value: time | ClockTime) -> ClockTime:
    """An attrs converter for views: the time of day as `HH:MM`."""
    return ClockTime(f"{value:%H:%M}") if isinstance(value, time) else value


def require_aware(value: datetime) -> datetime:
    """An attrs converter for input: the instant in UTC.

    Raises:
        Invalid: a time without an offset, or out of range.
    """
    if value.utcoffset() is None:
        raise Invalid.at("starts_at", "offset_required", "Must have a UTC offset.")
    require_valid_date(value.date(), "starts_at")
    return to_utc(value)


def require_valid_date(day: date, path: str = "date") -> date:
    """Returns the date if its year is 1900 to 2999, so that arithmetic on it cannot overflow.

    Raises:
        Invalid: it is out of range.
    """
    if day.year not in _YEARS:
        raise Invalid.at(path, "out_of_range", "Must be in the years 1900 to 2999.")
    return day


def local_time(moment: datetime, time_zone: str) -> LocalDateTime:
    """What clocks in the zone show at that moment."""
    return LocalDateTime(moment.astimezone(zone_info(time_zone)).replace(tzinfo=None, fold=0))


def keep_local_time(moment: datetime, wall: datetime, time_zone: str) -> datetime:
    """The moment, if clocks in the zone show `wall` (naive) then; otherwise the first instant at which they do."""
    first, last = _instants(wall, time_zone)
    return moment if moment in (first, last) else first


def first_instant(wall: datetime, time_zone: str) -> datetime:
    """The first instant at which clocks in the zone show `wall` (naive)."""
    return _instants(wall, time_zone)[0]


def last_instant(wall: datetime, time_zone: str) -> datetime:
    """The last instant at which clocks in the zone show `wall` (naive)."""
    return _instants(wall, time_zone)[1]


def closing_instant(wall: datetime, time_zone: str) -> datetime:
    """The instant at which something that lasts until `wall` (naive) ends: after it, no clock shows an earlier time.

    In the fold that is the later one, so that no real time is lost, except at its very beginning. When 02:00 turns back
    to 01:00, what ends at 01:30 ends at the second 01:30, and what ends at 01:00 ends at the first.
    """
    first, last = _instants(wall, time_zone)
    if first == last:
        return first
    just_before = (last - _INSTANT).astimezone(zone_info(time_zone)).replace(tzinfo=None)
    return last if just_before < wall else first


@lru_cache(maxsize=16_384)
def local_span(day: date, start_time: time, end_time: time, time_zone: str) -> Span | None:
    """The real time from `start_time` to `end_time` on a local date; `end_time` of 00:00 is the end of the day.

    It is the shortest span that contains every instant at which the wall clock shows that date and a time in the range:
    01:00 to 04:00 is two hours on the spring night and four on the autumn night. None if no such instant exists.
    """
    # Cached because every request computes the same opening hours, and clinicians share them.
    last_day = day if end_time > time.min else day + DAY
    span = (
        first_instant(datetime.combine(day, start_time), time_zone),
        closing_instant(datetime.combine(last_day, end_time), time_zone),
    )
    return span if span[0] < span[1] else None


def offset_constant_until(at: datetime, limit: datetime, tz: tzinfo) -> datetime:
    """The instant, `limit` at the latest, up to which the zone keeps the offset that it has at `at`.

    For stretches of about a day: two changes in one stretch would hide each other, and no zone has had that.
    """
    offset = tz.utcoffset(at.astimezone(tz))
    if tz.utcoffset(limit.astimezone(tz)) == offset:
        return limit
    # The tz database changes on whole seconds.
    steady, changed = 0, int((limit - at) / timedelta(seconds=1)) + 1
    start = at.replace(microsecond=0)
    while changed - steady > 1:
        middle = (steady + changed) // 2
        if tz.utcoffset((start + timedelta(seconds=middle)).astimezone(tz)) == offset:
            steady = middle
        else:
            changed = middle
    return start + timedelta(seconds=changed)


def _instants(wall: datetime, time_zone: str) -> Span:
    require_valid_date(wall)
    tz = zone_info(time_zone)
    # Never None: a ZoneInfo has an offset for every datetime.
    early = cast(timedelta, tz.utcoffset(wall.replace(fold=0)))
    late = cast(timedelta, tz.utcoffset(wall.replace(fold=1)))
    first = (wall - early).replace(tzinfo=UTC, fold=0)
    if early == late:
        return first, first
    last = (wall - late).replace(tzinfo=UTC, fold=0)
    if first < last:
        return first, last
    # In a gap the two offsets cross over: the change is between the two resulting instants.
    change = offset_constant_until(last, first, tz)
    return change, change
