"""Free slots within a clinician's windows and around busy times, and the check of a single start.

`free_slots` and `slot_refusal` apply the same rule: the second accepts every start that the first lists, and the first
lists every start on the grid that the second accepts.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from enum import StrEnum
from operator import attrgetter
from uuid import UUID

from attrs import frozen

from portal_core.appointments.scheduling.availability import Window, merge_spans
from portal_core.appointments.scheduling.durations import AppointmentTiming, BusyTime
from portal_core.appointments.scheduling.wall_clock import DAY, Span, offset_constant_until, to_utc
from portal_core.kernel.time_zones import zone_info

_INSTANT = timedelta(microseconds=1)


class Refusal(StrEnum):
    """Why an appointment cannot start at a time."""

    TOO_SOON = "too_soon"
    OUTSIDE_AVAILABILITY = "outside_availability"
    TOO_FAR = "too_far"
    TAKEN = "taken"


@frozen
class Slot:
    """A free time, in UTC."""

    clinician_id: UUID
    appointment_type_id: UUID
    starts_at: datetime
    ends_at: datetime
    location_id: UUID | None = None


def free_slots(
    windows: Iterable[Window],
    busy: Iterable[BusyTime],
    timing: AppointmentTiming,
    now: datetime,
    since: datetime,
    until: datetime,
) -> list[Slot]:
    """The free slots that start from `since` up to, not including, `until`, by start.

    Windows and busy times may be of any number of clinicians. An appointment lies within a window, or within touching
    windows of one location; its buffers need not. Starts are on a grid of wall-clock times counted from the window's
    start, and on every later day of a long window from midnight; busy times do not shift the grid.
    """
    now, until = to_utc(now), to_utc(until)
    earliest_start = max(to_utc(since), timing.earliest_start(now))
    blocked = _blocked_starts(busy, timing)
    bookable = _bookable(windows, timing)
    slots = [
        Slot(clinician_id, timing.appointment_type_id, starts_at, starts_at + timing.duration, location_id)
        for (clinician_id, location_id, time_zone), spans in bookable.items()
        for starts_at in _unblocked(
            _grid(spans, time_zone, timing, earliest_start, min(until, timing.advance_limit(now, time_zone))),
            blocked.get(clinician_id, []),
        )
    ]
    if len({(clinician_id, location_id) for clinician_id, location_id, _ in bookable}) < len(bookable):
        # Rules in two zones for one location: a start may be on both grids.
        slots = list(dict.fromkeys(slots))
    return sorted(slots, key=attrgetter("starts_at"))


def slot_refusal(
    starts_at: datetime, timing: AppointmentTiming, windows: Iterable[Window], busy: Iterable[BusyTime], now: datetime
) -> Refusal | None:
    """Why one clinician cannot take an appointment with this start; None when they can.

    Applies the rule of `free_slots` to a single start, on the grid or off it (see `on_grid`). Pass the windows of the
    requested location, and the busy times around the start.

    Raises:
        ValueError: windows or busy times of more than one clinician.
    """
    starts_at, now = to_utc(starts_at), to_utc(now)
    windows, busy = list(windows), list(busy)
    if len({one.clinician_id for one in windows} | {one.clinician_id for one in busy}) > 1:
        raise ValueError("slot_refusal takes the windows and busy times of one clinician")
    if starts_at < timing.earliest_start(now):
        return Refusal.TOO_SOON
    time_zones = [
        time_zone
        for (_, _, time_zone), spans in _bookable(windows, timing).items()
        if any(opens <= starts_at and starts_at + timing.duration <= closes for opens, closes in spans)
    ]
    if not time_zones:
        return Refusal.OUTSIDE_AVAILABILITY
    if all(starts_at >= timing.advance_limit(now, time_zone) for time_zone in time_zones):
        return Refusal.TOO_FAR
    for spans in _blocked_starts(busy, timing).values():
        if not any(_unblocked([starts_at], spans)):
            return Refusal.TAKEN
    return None


def on_grid(starts_at: datetime, timing: AppointmentTiming, windows: Iterable[Window]) -> bool:
    """Whether clients can book this start. Keeps them from splitting a day into unusable pieces."""
    starts_at = to_utc(starts_at)
    return any(
        any(_grid(spans, time_zone, timing, starts_at, starts_at + _INSTANT))
        for (_, _, time_zone), spans in _bookable(windows, timing).items()
    )


def _bookable(windows: Iterable[Window], timing: AppointmentTiming) -> dict[tuple[UUID, UUID | None, str], list[Span]]:
    """The spans open for the appointment type, by clinician, location and zone: merged and in order."""
    spans: dict[tuple[UUID, UUID | None, str], list[Span]] = {}
    for window in windows:
        if not window.appointment_type_ids or timing.appointment_type_id in window.appointment_type_ids:
            key = (window.clinician_id, window.location_id, window.time_zone)
            spans.setdefault(key, []).append((window.starts_at, window.ends_at))
    return {key: merge_spans(spans[key]) for key in sorted(spans, key=str)}


def _blocked_starts(busy: Iterable[BusyTime], timing: AppointmentTiming) -> dict[UUID, list[Span]]:
    """The spans, ends excluded, in which no appointment with this timing can start; by clinician, in order."""
    spans: dict[UUID, list[Span]] = {}
    for one in busy:
        spans.setdefault(one.clinician_id, []).append(one.blocked_starts(timing))
    return {clinician_id: sorted(found) for clinician_id, found in spans.items()}


def _unblocked(starts: Iterable[datetime], blocked: list[Span]) -> Iterator[datetime]:
    """The starts outside all blocked spans. Both are in order, so one pass is enough."""
    passed, reach = 0, None
    for at in starts:
        while passed < len(blocked) and blocked[passed][0] < at:
            ends = blocked[passed][1]
            reach = ends if reach is None else max(reach, ends)
            passed += 1
        if reach is None or at >= reach:
            yield at


def _grid(
    spans: list[Span], time_zone: str, timing: AppointmentTiming, earliest_start: datetime, before: datetime
) -> Iterator[datetime]:
    """The starts in the windows from `earliest_start` up to, not including, `before`."""
    for opens, closes in spans[max(0, bisect_left(spans, (earliest_start, earliest_start)) - 1) :]:
        if opens >= before:
            return
        yield from _starts(
            opens, time_zone, timing.step, max(opens, earliest_start), min(closes - timing.duration + _INSTANT, before)
        )


def _starts(opens: datetime, time_zone: str, step: timedelta, at: datetime, before: datetime) -> Iterator[datetime]:
    """The wall-clock times `opens`, `opens` + step, … from `at` on, counted again from midnight on every later day.

    Iterates over stretches in which clocks neither change nor pass midnight, where real time and wall clock advance
    alike. So starts in an hour that occurs twice are listed twice, and in one that never occurs not at all.
    """
    tz = zone_info(time_zone)
    opening = opens.astimezone(tz).replace(tzinfo=None)
    while at < before:
        wall = at.astimezone(tz).replace(tzinfo=None)
        today = datetime.combine(wall, time.min)
        stretch_end = offset_constant_until(at, min(at + (today + DAY - wall), before), tz)
        origin = opening if wall.date() == opening.date() else today
        at += (origin - wall) % step
        while at < stretch_end:
            yield at
            at += step
        at = stretch_end
