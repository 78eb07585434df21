"""Series in memory."""

from uuid import UUID

from attrs import define

from adapters.memory.appointments.appointments import visible_bookings
from adapters.memory.engine.repository import MemoryRepository
from adapters.memory.engine.row_visibility import practice_wide
from portal_core.appointments.model import Booking
from portal_core.appointments.ports import SeriesRepository
from portal_core.appointments.series import Series


@define
class MemorySeriesRepository(MemoryRepository[Series], SeriesRepository):
    """Series; a client's transaction sees none."""

    table = "appointment_series"

    def _sees(self, row: Series) -> bool:
        return practice_wide(self.tx)

    async def bookings(self, series_id: UUID) -> list[Booking]:
        return [one for one in visible_bookings(self.tx) if one.appointment.series_id == series_id]
