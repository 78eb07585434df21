"""Series of appointments."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.appointments.errors import SeriesEnded
from portal_core.appointments.scheduling.recurrence import WEEK, series_starts
from portal_core.appointments.scheduling.wall_clock import local_time

SeriesStatus = Literal["active", "ended"]


@frozen(kw_only=True)
class Series:
    """The same time every `interval_weeks` weeks, booked by the practice; single dates are moved or cancelled like any
    appointment.

    `first_start` is local in `time_zone` and naive. `weeks` is how long the series is from then on: its dates, skipped
    ones too, times the interval. It follows a new zone of its location, or of the practice without one, with its
    appointments, also after the last of them. A series names no client: its appointments' attendances do.
    """

    id: UUID
    practice_id: UUID
    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    first_start: datetime
    time_zone: str
    interval_weeks: int = 1
    weeks: int
    created_at: datetime
    status: SeriesStatus = "active"
    version: int = 1

    @property
    def count(self) -> int:
        """How many dates it has, skipped ones too."""
        return self.weeks // self.interval_weeks

    @property
    def next_start(self) -> datetime:
        """When the first date after the last one starts, local in `time_zone` and naive."""
        return self.first_start + self.weeks * WEEK

    def starts(self, skip_dates: Collection[date] = ()) -> list[datetime]:
        """When its dates start, without these; see `series_starts`."""
        return series_starts(
            self.first_start,
            self.time_zone,
            weeks=self.weeks,
            interval_weeks=self.interval_weeks,
            skip_dates=skip_dates,
        )

    def in_zone(self, time_zone: str, now: datetime, *, keep_instant: bool) -> "Series":
        """The series after the zone of its location, or of the practice without one, has changed.

        It keeps its time on the wall clock; or the instant of its next date (of the last, if none is to come), and
        `first_start` then has the time that clocks in the new zone show at that instant.
        """
        first_start = self.first_start
        if keep_instant:
            starts = self.starts()
            at = next((start for start in starts if start > now), starts[-1])
            first_start += local_time(at, time_zone) - local_time(at, self.time_zone)
        return self._changed(time_zone=time_zone, first_start=first_start)

    def with_clinician(self, clinician_id: UUID) -> "Series":
        """The series with another clinician, after its appointments to come were given to them."""
        return evolve(self, clinician_id=clinician_id, version=self.version + 1)

    def require_active(self) -> None:
        """Raises SeriesEnded."""
        if self.status == "ended":
            raise SeriesEnded

    def extend(self, weeks: int) -> "Series":
        """Add weeks at the end. Raises SeriesEnded."""
        return self._changed(weeks=self.weeks + weeks)

    def move(
        self, *, first_date: int, first_start: datetime, time_zone: str, clinician_id: UUID, location_id: UUID | None
    ) -> "Series":
        """Move what is left of it from its date number `first_date`, counted from 0, to `first_start`; each later date
        follows in the same interval. Raises SeriesEnded.
        """
        return self._changed(
            first_start=first_start,
            time_zone=time_zone,
            clinician_id=clinician_id,
            location_id=location_id,
            weeks=self.weeks - first_date * self.interval_weeks,
        )

    def end(self) -> "Series":
        """Mark the series as ended. Raises SeriesEnded."""
        return self._changed(status="ended")

    def _changed(self, **changes: object) -> "Series":
        self.require_active()
        return evolve(self, version=self.version + 1, **changes)  # type: ignore[arg-type]
