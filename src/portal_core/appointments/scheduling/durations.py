"""How long things take: one kind of appointment, and what a clinician is busy with."""

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
    """The times of one kind of appointment.

    Starts lie `slot_step` apart (the duration, unless set). Booked at least `min_notice` of real time ahead, and
    at most `max_advance_days` calendar days: with 30, until the end of the 30th day after today where the
    clinician works, so that a change of clocks moves no edge.

    Raises:
        Invalid: a time that is negative, none where there must be one, or longer than it can reasonably be.
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
            raise Invalid.at("max_advance_days", "out_of_range", "It must be between 0 and 3660 days.")

    @property
    def step(self) -> timedelta:
        """From one start on the grid to the next, on the wall clock."""
        return self.duration if self.slot_step is None else self.slot_step

    def earliest_start(self, now: datetime) -> datetime:
        """The first instant at which one may start that is booked now. Never in the past."""
        return now + self.min_notice

    def advance_limit(self, now: datetime, time_zone: str) -> datetime:
        """The first instant that is too far ahead: the local midnight after the last day that may be booked."""
        last_day = now.astimezone(zone_info(time_zone)).date() + self.max_advance_days * DAY
        return first_instant(datetime.combine(last_day + DAY, time.min), time_zone)


@frozen
class BusyTime:
    """A clinician's time that is taken: an appointment, a hold, or a block, which has no buffers.

    Between two neighbours the gap is the larger of what the earlier wants after itself and the later before itself;
    they do not add up.
    """

    clinician_id: UUID
    starts_at: datetime = field(converter=to_utc)
    ends_at: datetime = field(converter=to_utc)
    buffer_before: timedelta = ZERO
    buffer_after: timedelta = ZERO

    def blocked_starts(self, timing: AppointmentTiming) -> Span:
        """Between which instants, both excluded, no appointment of the kind can start because of this."""
        gap_before = max(timing.buffer_after, self.buffer_before)
        gap_after = max(self.buffer_after, timing.buffer_before)
        return self.starts_at - gap_before - timing.duration, self.ends_at + gap_after


def _require_between(path: str, value: timedelta, minimum: timedelta, maximum: timedelta) -> None:
    if not minimum <= value <= maximum:
        raise Invalid.at(path, "out_of_range", f"It must be between {minimum} and {maximum}.")
