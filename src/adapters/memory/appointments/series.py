"""Weekly series in memory."""

from uuid import UUID

from attrs import define

from adapters.memory.appointments.appointments import visible_bookings
from adapters.memory.engine.rows import own_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.model import Booking
from portal_core.appointments.ports import SeriesRepository
from portal_core.appointments.series import Series
from portal_core.kernel.audit import AuditEntry


@define
class MemorySeriesRepository(SeriesRepository):
    """Weekly series; a client's transaction sees none."""

    tx: MemoryTransaction

    async def add(self, series: Series, audit_entry: AuditEntry) -> None:
        self.tx.insert("appointment_series", own_key(self.tx, series.id), series)
        await self.tx.audit.record(audit_entry)

    async def get(self, series_id: UUID) -> Series | None:
        found: Series | None = self.tx.table("appointment_series").get(own_key(self.tx, series_id))
        return found if self.tx.record is None else None

    async def save(self, series: Series, audit_entry: AuditEntry) -> None:
        self.tx.save("appointment_series", own_key(self.tx, series.id), series)
        await self.tx.audit.record(audit_entry)

    async def bookings(self, series_id: UUID) -> list[Booking]:
        return [one for one in visible_bookings(self.tx) if one.appointment.series_id == series_id]
