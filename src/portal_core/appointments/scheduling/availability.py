"""Clinicians' availability: weekly rules, exceptions, and the windows that result from them.

Rules are stored in local time ("Tuesdays from nine to five, in New York"), expanded by local date and then converted to
instants; `wall_clock` defines the result on the two nights a year when clocks change.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.scheduling.wall_clock import DAY, Span, local_span, require_valid_date, to_utc
from portal_core.kernel.errors import Invalid
from portal_core.kernel.time_zones import zone_info

WEEK = timedelta(days=7)
MAX_RANGE = timedelta(days=400)
"""More than a year at once is a mistake or an attack; clients search for free times by the month."""


def _check_times(start_time: time, end_time: time) -> None:
    if start_time.tzinfo or end_time.tzinfo:
        raise Invalid.at("start_time", "offset_not_allowed", "Must be a local time without a UTC offset.")
    if any(one.second or one.microsecond for one in (start_time, end_time)):
        raise Invalid.at("start_time", "whole_minutes", "Must be in whole minutes.")
    if start_time >= end_time > time.min:
        raise Invalid.at("end_time", "not_after_start", "Must be after the start. 00:00 is the end of the day.")


def id_set(ids: Iterable[UUID]) -> frozenset[UUID]:
    """An attrs converter; a named function, since mypy does not accept generic ones."""
    return frozenset(ids)


@frozen(kw_only=True)
class AvailabilityRule:
    """A clinician is available every week on `weekday` (0 is Monday), from `start_time` to `end_time` in `time_zone`.

    `end_time` of 00:00 is the end of the day; hours past midnight take two rules, whose windows are merged. Valid on
    local dates from `valid_from` to `valid_until`, both inclusive. No `location_id` means telehealth. No
    `appointment_type_ids` means all appointment types.

    Raises:
        Invalid: it ends before it starts, the weekday or the zone does not exist, or its dates are in the wrong order.
    """

    id: UUID
    clinician_id: UUID
    weekday: int
    start_time: time
    end_time: time
    time_zone: str
    location_id: UUID | None = None
    appointment_type_ids: frozenset[UUID] = field(default=frozenset(), converter=id_set)
    valid_from: date
    valid_until: date | None = None

    def __attrs_post_init__(self) -> None:
        if self.weekday not in range(7):
            raise Invalid.at("weekday", "out_of_range", "Must be between 0 (Monday) and 6 (Sunday).")
        _check_times(self.start_time, self.end_time)
        zone_info(self.time_zone)
        require_valid_date(self.valid_from, "valid_from")
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise Invalid.at("valid_until", "before_start", "Must not be before the first date.")

    def windows(self, first_day: date, last_day: date) -> Iterator["Window"]:
        """The rule's windows on the local dates from `first_day` to `last_day`, both inclusive."""
        day = max(first_day, self.valid_from)
        day += timedelta(days=(self.weekday - day.weekday()) % 7)
        last = min(last_day, self.valid_until or last_day)
        while day <= last:
            if span := local_span(day, self.start_time, self.end_time, self.time_zone):
                yield Window(self.clinician_id, *span, self.time_zone, self.location_id, self.appointment_type_ids)
            day += WEEK


@frozen(kw_only=True)
class AvailabilityException:
    """On one local date a clinician is available in addition to the rules (`available`), or unavailable despite them.

    Without `start_time` and `end_time` it applies to the whole day. An available time is at `location_id` and for all
    appointment types. An unavailable time applies to all locations, or to the given one only. If two exceptions
    conflict, the clinician is unavailable: a missing slot does less harm to a client than an appointment where nobody
    is there.

    Without a `clinician_id` it is a holiday: all clinicians are unavailable on that date, whatever their own exceptions
    say. `name` is a holiday's.

    Raises:
        Invalid: it ends before it starts, has only one of the two times, or the zone does not exist.
    """

    id: UUID
    clinician_id: UUID | None
    date: date
    available: bool
    time_zone: str
    start_time: time | None = None
    end_time: time | None = None
    location_id: UUID | None = None
    name: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.clinician_id is None and self.available:
            raise ValueError("only a clinician can be available")
        require_valid_date(self.date)
        zone_info(self.time_zone)
        if (self.start_time is None) != (self.end_time is None):
            raise Invalid.at("end_time", "incomplete", "Enter both times, or neither for the whole day.")
        _check_times(self.start_time or time.min, self.end_time or time.min)

    def span(self) -> Span | None:
        """The span of real time that it covers; None if that date or time does not exist in the zone."""
        return local_span(self.date, self.start_time or time.min, self.end_time or time.min, self.time_zone)


@frozen
class Window:
    """A clinician is available from `starts_at` to `ends_at` (UTC). No `appointment_type_ids` means all types."""

    clinician_id: UUID
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    location_id: UUID | None = None
    appointment_type_ids: frozenset[UUID] = frozenset()


@frozen(kw_only=True)
class BookedTime:
    """The time of a booked appointment, and what decides whether a window contains it."""

    id: UUID
    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    starts_at: datetime
    ends_at: datetime


def open_windows(
    rules: Iterable[AvailabilityRule],
    exceptions: Iterable[AvailabilityException],
    first_day: date,
    last_day: date,
) -> list[Window]:
    """The windows on the local dates from `first_day` to `last_day`, both inclusive, by start.

    Windows of one clinician, location, zone and set of appointment types that touch or overlap are merged, also across
    midnight. So expand more days than you need (`date_range_around`), or an appointment across the edge is missed.

    Raises:
        Invalid: a range above 400 days, or dates out of range.
    """
    require_valid_date(first_day, "from")
    if require_valid_date(last_day, "until") - first_day > MAX_RANGE:
        raise Invalid.at("until", "range_too_long", f"Must be at most {MAX_RANGE.days} days after the first date.")
    known = list(exceptions)
    opened: dict[tuple[UUID, str, UUID | None, frozenset[UUID]], list[Span]] = {}
    for rule in rules:
        for window in rule.windows(first_day, last_day):
            key = (window.clinician_id, window.time_zone, window.location_id, window.appointment_type_ids)
            opened.setdefault(key, []).append((window.starts_at, window.ends_at))
    for one in known:
        if one.clinician_id and one.available and first_day <= one.date <= last_day and (span := one.span()):
            opened.setdefault((one.clinician_id, one.time_zone, one.location_id, frozenset()), []).append(span)
    windows = [
        Window(clinician_id, *span, time_zone, location_id, appointment_type_ids)
        for (clinician_id, time_zone, location_id, appointment_type_ids), spans in opened.items()
        for span in _subtract_spans(merge_spans(spans), merge_spans(_closed_spans(known, clinician_id, location_id)))
    ]
    return sorted(windows, key=lambda window: (window.starts_at, window.clinician_id))


def outside_hours(
    booked: Iterable[BookedTime],
    rules: Iterable[AvailabilityRule],
    exceptions: Iterable[AvailabilityException],
) -> list[BookedTime]:
    """The booked times that are not within the clinician's windows, by start."""
    rules, exceptions = list(rules), list(exceptions)
    in_order = sorted(booked, key=lambda one: (one.starts_at, one.id))
    outside: list[BookedTime] = []
    for _, group in groupby(in_order, key=lambda one: (one.starts_at - in_order[0].starts_at) // (MAX_RANGE / 2)):
        some = list(group)
        windows = open_windows(rules, exceptions, *date_range_around(some[0].starts_at, some[-1].ends_at))
        open_spans: dict[tuple[UUID, UUID | None, UUID], list[Span]] = {}
        for one in some:
            key = (one.clinician_id, one.location_id, one.appointment_type_id)
            if key not in open_spans:
                open_spans[key] = merge_spans(_spans_for(windows, *key))
            if not _contains(open_spans[key], one):
                outside.append(one)
    return outside


def _spans_for(
    windows: Iterable[Window], clinician_id: UUID, location_id: UUID | None, appointment_type_id: UUID
) -> Iterator[Span]:
    for one in windows:
        if (one.clinician_id, one.location_id) == (clinician_id, location_id) and (
            not one.appointment_type_ids or appointment_type_id in one.appointment_type_ids
        ):
            yield one.starts_at, one.ends_at


def _contains(spans: list[Span], one: BookedTime) -> bool:
    before = bisect_right(spans, one.starts_at, key=lambda span: span[0])
    return before > 0 and spans[before - 1][1] >= one.ends_at


def date_range_around(since: datetime, until: datetime) -> tuple[date, date]:
    """The dates to expand (first, last) for the instants from `since` to `until`.

    One day on each side because a local date may be ahead of UTC's or behind it, and one more so that a window which
    started the evening before or continues after midnight is complete.

    Raises:
        Invalid: instants out of range.
    """
    first = require_valid_date(to_utc(since).date(), "from")
    last = require_valid_date(to_utc(until).date(), "until")
    return first - 2 * DAY, last + 2 * DAY


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order: spans that touch or overlap are merged."""
    merged: list[Span] = []
    for starts_at, ends_at in sorted(spans):
        if merged and starts_at <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends_at))
        else:
            merged.append((starts_at, ends_at))
    return merged


def _closed_spans(
    exceptions: Iterable[AvailabilityException], clinician_id: UUID, location_id: UUID | None
) -> Iterator[Span]:
    for one in exceptions:
        if one.available or one.clinician_id not in (None, clinician_id) or one.location_id not in (None, location_id):
            continue
        if span := one.span():
            yield span


def _subtract_spans(spans: list[Span], holes: list[Span]) -> Iterator[Span]:
    """What is left of the spans without the holes; both lists are merged and in order, so one pass is enough."""
    passed = 0
    for starts_at, ends_at in spans:
        at = starts_at
        while passed < len(holes) and holes[passed][1] <= at:
            passed += 1
        hole = passed
        while hole < len(holes) and holes[hole][0] < ends_at:
            if at < holes[hole][0]:
                yield at, holes[hole][0]
            at = max(at, holes[hole][1])
            hole += 1
        if at < ends_at:
            yield at, ends_at
