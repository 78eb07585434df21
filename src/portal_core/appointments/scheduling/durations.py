"""Durations: the timing of an appointment type, and a clinician's busy times."""

from datetime import datetime, time, timedelta
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.scheduling.wall_clock import DAY, Span, first_instant, to_utc
from portal_core.kernel.errors import Invalid
from portal_core.kernel.time_zones import zone_info

ZERO = timedelta()
MAX_ADVANCE_DAYS = 3660


@frozen(kw_only=True)
class AppointmentTiming:
    """The timing rules of an appointment type.

    Starts are `slot_step` apart (by default the duration). Booked at least `min_notice` of real time ahead, and at most
    `max_advance_days` calendar days: with 30, until the end of the 30th day after today in the clinician's zone, so
    that a change of clocks does not move the limit.

    Raises:
        Invalid: a time is out of range; the duration and step are one minute to one day, each buffer up to one day, the
            notice up to 366 days.
    """

    appointment_type_id: UUID
    duration: timedelta
    buffer_before: timedelta = ZERO
    buffer_after: timedelta = ZERO
    slot_step: timedelta | None = None
    min_notice: timedelta = ZERO
    max_advance_days: int = 90

    def __attrs_post_init__(self) -> None:
        minute = timedelta(minutes=1)
        _require_between("duration", self.duration, minute, DAY)
        _require_between("buffer_before", self.buffer_before, ZERO, DAY)
        _require_between("buffer_after", self.buffer_after, ZERO, DAY)
        _require_between("slot_step", self.step, minute, DAY)
        _require_between("min_notice", self.min_notice, ZERO, 366 * DAY)
        if not 0 <= self.max_advance_days <= MAX_ADVANCE_DAYS:
            raise Invalid.at("max_advance_days", "out_of_range", f"Must be between 0 and {MAX_ADVANCE_DAYS}.")

    @property
    def step(self) -> timedelta:
        """The wall-clock time from one start on the grid to the next."""
        return self.duration if self.slot_step is None else self.slot_step

    def earliest_start(self, now: datetime) -> datetime:
        """The first instant at which an appointment booked now can start. Never in the past."""
        return now + self.min_notice

    def advance_limit(self, now: datetime, time_zone: str) -> datetime:
        """The first instant that is too far ahead: the local midnight after the last day that can be booked."""
        last_day = now.astimezone(zone_info(time_zone)).date() + self.max_advance_days * DAY
        return first_instant(datetime.combine(last_day + DAY, time.min), time_zone)


@frozen
class BusyTime:
    """A clinician's reserved time: an appointment, a hold, or a block, which has no buffers.

    The gap between two neighbors is the larger of the earlier one's buffer after and the later one's buffer before;
    they do not add up.
    """

    clinician_id: UUID
    starts_at: datetime = field(converter=to_utc)
    ends_at: datetime = field(converter=to_utc)
    buffer_before: timedelta = ZERO
    buffer_after: timedelta = ZERO

    def blocked_starts(self, timing: AppointmentTiming) -> Span:
        """The span, both ends excluded, in which no appointment with this timing can start."""
        gap_before = max(timing.buffer_after, self.buffer_before)
        gap_after = max(self.buffer_after, timing.buffer_before)
        return self.starts_at - gap_before - timing.duration, self.ends_at + gap_after


def _require_between(path: str, value: timedelta, minimum: timedelta, maximum: timedelta) -> None:
    if not minimum <= value <= maximum:
        raise Invalid.at(path, "out_of_range", f"Must be between {minimum} and {maximum}.")
