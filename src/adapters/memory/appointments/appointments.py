"""Appointments, the calendar and availability in memory, with what PostgreSQL refuses refused."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from attrs import define, evolve

from adapters.memory.engine.rows import own_key, own_rows, require_reachable, visible
from adapters.memory.engine.sealing import SEALED, as_stored
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.model import Appointment, Attendance, Booking
from portal_core.appointments.ports import (
    Appointments,
)
from portal_core.appointments.scheduling.wall_clock import Span
from portal_core.kernel.audit import AuditEntry

SEALED["attendances"] = {"reason": None}


@define
class MemoryAppointments(Appointments):
    """Appointments, and attendances in a table of their own by appointment and client."""

    tx: MemoryTransaction

    async def add(self, booking: Booking, *audit_entry: AuditEntry) -> None:
        self.tx.insert("appointments", own_key(self.tx, booking.appointment.id), booking.appointment)
        for one in booking.attendances:
            require_reachable(self.tx, one.client_id)
            kept = as_stored(self.tx, "attendances", one)
            self.tx.insert("attendances", (*own_key(self.tx, one.appointment_id), one.client_id), kept)
        await self._record(audit_entry)

    async def get(self, client_id: UUID, appointment_id: UUID) -> Booking | None:
        booking = await self.get_for_practice(appointment_id)
        own = tuple(one for one in booking.attendances if one.client_id == client_id) if booking else ()
        return evolve(booking, attendances=own) if booking and own else None

    async def get_for_practice(self, appointment_id: UUID) -> Booking | None:
        appointment: Appointment | None = self.tx.table("appointments").get(own_key(self.tx, appointment_id))
        parts = tuple(attendances(self.tx, appointment_id))
        if appointment is None or not parts:
            return None
        return Booking(appointment=appointment, attendances=parts)

    async def save(self, booking: Booking, *audit_entry: AuditEntry) -> None:
        self.tx.save("appointments", own_key(self.tx, booking.appointment.id), booking.appointment)
        rows = self.tx.table("attendances")
        for one in booking.attendances:
            require_reachable(self.tx, one.client_id)
            rows[(*own_key(self.tx, one.appointment_id), one.client_id)] = as_stored(self.tx, "attendances", one)
        await self._record(audit_entry)

    async def client_busy_times(
        self, client_ids: Collection[UUID], since: datetime, until: datetime, *, excluding: UUID | None = None
    ) -> list[Span]:
        rows, found = self.tx.table("appointments"), list[Span]()
        for part in own_rows(self.tx, "attendances"):
            known: Appointment = rows[own_key(self.tx, part.appointment_id)]
            if (
                part.client_id in client_ids
                and visible(self.tx, part.client_id)
                and part.status == "attending"
                and known.id != excluding
                and known.starts_at < until
                and since < known.ends_at
            ):
                found.append((known.starts_at, known.ends_at))
        return found

    async def _record(self, audit_entry: Iterable[AuditEntry]) -> None:
        for one in audit_entry:
            await self.tx.audit.record(one)


def attendances(tx: MemoryTransaction, appointment_id: UUID) -> Iterable[Attendance]:
    """The attendances that the transaction may see, in order of their client's id."""
    parts = (one for one in own_rows(tx, "attendances") if one.appointment_id == appointment_id)
    return sorted((one for one in parts if visible(tx, one.client_id)), key=lambda one: one.client_id)
