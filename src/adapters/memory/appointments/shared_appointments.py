"""Shared appointments in memory, as clients find and join them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from attrs import define, evolve

from adapters.memory.appointments.appointments import MemoryAppointments
from adapters.memory.engine.rows import own_key, own_rows
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.attendance import Attendance
from portal_core.appointments.model import Appointment, Booking
from portal_core.appointments.ports import SharedAppointments
from portal_core.kernel.audit import AuditEntry


@define
class MemorySharedAppointments(SharedAppointments):
    """Reads all of the practice's, as the function in PostgreSQL does."""

    tx: MemoryTransaction

    async def booked(
        self,
        appointment_type_id: UUID,
        clinicians: Collection[UUID],
        since: datetime,
        until: datetime,
        *,
        client_id: UUID | None = None,
    ) -> list[Appointment]:
        parts: list[Attendance] = own_rows(self.tx, "attendances")
        removed = {one.appointment_id for one in parts if one.client_id == client_id and one.removed}
        found: list[Appointment] = [
            evolve(one, room="")
            for one in own_rows(self.tx, "appointments")
            if one.shared
            and one.status == "booked"
            and one.appointment_type_id == appointment_type_id
            and one.clinician_id in clinicians
            and since <= one.starts_at < until
            and one.id not in removed
        ]
        return sorted(found, key=lambda one: (one.starts_at, one.id))

    async def join(self, booking: Booking, client_id: UUID, audit_entry: AuditEntry) -> None:
        stored: Appointment = self.tx.table("appointments")[own_key(self.tx, booking.appointment.id)]
        appointment = evolve(booking.appointment, room=stored.room)
        own = Booking(appointment=appointment, attendances=(booking.attendance_of(client_id),))
        await MemoryAppointments(self.tx).save(own, audit_entry)
