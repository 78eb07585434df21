"""Series in memory."""

from collections.abc import Sequence
from uuid import UUID

from attrs import define

from adapters.memory.appointments.appointments import visible_bookings
from adapters.memory.engine.repository import MemoryRepository
from adapters.memory.engine.row_visibility import practice_wide
from adapters.memory.engine.rows import own_key
from portal_core.appointments.model import Booking
from portal_core.appointments.ports import SeriesRepository
from portal_core.appointments.series import Series
from portal_core.kernel.audit import AuditEntry


@define
class MemorySeriesRepository(MemoryRepository[Series], SeriesRepository):
    """Series; a client's transaction sees none."""

    table = "appointment_series"

    def _sees(self, row: Series) -> bool:
        return practice_wide(self.tx)

    async def active_at(self, location_id: UUID | None) -> list[Series]:
        found = (one for one in self._rows() if (one.status, one.location_id) == ("active", location_id))
        return sorted(found, key=lambda one: one.id)

    async def active_with(self, clinician_id: UUID) -> list[Series]:
        found = (one for one in self._rows() if (one.status, one.clinician_id) == ("active", clinician_id))
        return sorted(found, key=lambda one: one.id)

    async def save_all(self, series: Sequence[Series], *audit_entries: AuditEntry) -> None:
        for one in series:
            self._check(one)
            self.tx.save(self.table, own_key(self.tx, one.id), one)
        for entry in audit_entries:
            await self.tx.audit.record(entry)

    async def bookings(self, series_id: UUID) -> list[Booking]:
        return [one for one in visible_bookings(self.tx) if one.appointment.series_id == series_id]
