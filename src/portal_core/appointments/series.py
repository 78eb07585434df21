"""Weekly series of appointments."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.appointments.errors import SeriesEnded

SeriesStatus = Literal["active", "ended"]


@frozen(kw_only=True)
class Series:
    """The same time every week, booked by the practice; single dates are moved or cancelled like any appointment.

    `first_start` is local in `time_zone` and naive. A series names no client: its appointments' attendances do.
    """

    id: UUID
    practice_id: UUID
    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    first_start: datetime
    time_zone: str
    weeks: int
    created_at: datetime
    status: SeriesStatus = "active"
    version: int = 1

    def end(self) -> "Series":
        """Mark the series as ended. Raises SeriesEnded."""
        if self.status == "ended":
            raise SeriesEnded
        return evolve(self, status="ended", version=self.version + 1)
