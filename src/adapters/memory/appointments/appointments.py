"""Appointments and attendances in memory, with the same refusals as PostgreSQL."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from attrs import define, evolve

from adapters.memory.engine.rows import own_key, own_rows, require_reachable, visible
from adapters.memory.engine.sealing import SEALED, as_stored
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.attendance import Attendance
from portal_core.appointments.model import Appointment, Booking
from portal_core.appointments.ports import (
    Appointments,
)
from portal_core.appointments.scheduling.availability import BookedTime
from portal_core.appointments.scheduling.wall_clock import Span
from portal_core.kernel.audit import AuditEntry

SEALED["attendances"] = {"reason": None, "internal_note": None}


@define
class MemoryAppointments(Appointments):
    """Appointments, and attendances in a separate table by appointment and client."""

    tx: MemoryTransaction

    async def add(self, booking: Booking, *audit_entries: AuditEntry) -> None:
        self.tx.insert("appointments", own_key(self.tx, booking.appointment.id), booking.appointment)
        for one in booking.attendances:
            require_reachable(self.tx, one.client_id)
            stored = as_stored(self.tx, "attendances", one)
            self.tx.insert("attendances", (*own_key(self.tx, one.appointment_id), one.client_id), stored)
        await self._record(audit_entries)

    async def get(self, client_id: UUID, appointment_id: UUID) -> Booking | None:
        booking = await self.get_for_practice(appointment_id)
        own = tuple(one for one in booking.attendances if one.client_id == client_id) if booking else ()
        return evolve(booking, attendances=own) if booking and own else None

    async def get_for_practice(self, appointment_id: UUID) -> Booking | None:
        appointment: Appointment | None = self.tx.table("appointments").get(own_key(self.tx, appointment_id))
        own_attendances = tuple(attendances(self.tx, appointment_id))
        if appointment is None or not own_attendances:
            return None
        return Booking(appointment=appointment, attendances=own_attendances)

    async def save(self, booking: Booking, *audit_entries: AuditEntry) -> None:
        self.tx.save("appointments", own_key(self.tx, booking.appointment.id), booking.appointment)
        rows = self.tx.table("attendances")
        for one in booking.attendances:
            require_reachable(self.tx, one.client_id)
            rows[(*own_key(self.tx, one.appointment_id), one.client_id)] = as_stored(self.tx, "attendances", one)
        await self._record(audit_entries)

    async def booked_times(
        self, clinicians: Collection[UUID], since: datetime, until: datetime | None = None
    ) -> list[BookedTime]:
        found: list[Appointment] = [
            one
            for one in own_rows(self.tx, "appointments")
            if one.clinician_id in clinicians
            and one.status == "booked"
            and since < one.ends_at
            and (until is None or one.starts_at < until)
        ]
        return [
            BookedTime(
                id=one.id,
                clinician_id=one.clinician_id,
                appointment_type_id=one.appointment_type_id,
                location_id=one.location_id,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
            )
            for one in sorted(found, key=lambda one: (one.starts_at, one.id))
        ]

    async def upcoming(
        self, after: datetime, *, location_id: UUID | None = None, clinician_id: UUID | None = None
    ) -> list[Appointment]:
        found: list[Appointment] = [
            one
            for one in own_rows(self.tx, "appointments")
            if one.status == "booked"
            and one.starts_at > after
            and location_id in (None, one.location_id)
            and clinician_id in (None, one.clinician_id)
        ]
        return sorted(found, key=lambda one: (one.starts_at, one.id))

    async def count_with_clinicians(self, clinicians: Collection[UUID], after: datetime) -> dict[UUID, int]:
        return dict(Counter(one.clinician_id for one in await self.upcoming(after) if one.clinician_id in clinicians))

    async def count_of_clients(self, client_ids: Collection[UUID], after: datetime) -> dict[UUID, int]:
        attending = (await self.clients_of([one.id for one in await self.upcoming(after)])).values()
        return dict(Counter(one for several in attending for one in several if one in client_ids))

    async def save_all(self, appointments: Sequence[Appointment], *audit_entries: AuditEntry) -> None:
        rows = self.tx.table("attendances")
        for one in appointments:
            self.tx.save("appointments", own_key(self.tx, one.id), one)
            for part in attendances(self.tx, one.id):
                if part.status == "cancelled":
                    key = (*own_key(self.tx, one.id), part.client_id)
                    rows[key] = evolve(part, sequence=part.sequence - 1)
        await self._record(audit_entries)

    async def clients_of(self, appointment_ids: Collection[UUID]) -> Mapping[UUID, Sequence[UUID]]:
        found = {one: list[UUID]() for one in appointment_ids}
        for part in sorted(own_rows(self.tx, "attendances"), key=lambda one: one.client_id):
            if part.appointment_id in found and part.status == "attending" and visible(self.tx, part.client_id):
                found[part.appointment_id].append(part.client_id)
        return found

    async def client_busy_times(
        self, client_ids: Collection[UUID], since: datetime, until: datetime, *, excluding: UUID | None = None
    ) -> list[Span]:
        rows, found = self.tx.table("appointments"), list[Span]()
        for attendance in own_rows(self.tx, "attendances"):
            known: Appointment = rows[own_key(self.tx, attendance.appointment_id)]
            if (
                attendance.client_id in client_ids
                and visible(self.tx, attendance.client_id)
                and attendance.status == "attending"
                and known.id != excluding
                and known.starts_at < until
                and since < known.ends_at
            ):
                found.append((known.starts_at, known.ends_at))
        return found

    async def _record(self, audit_entries: Iterable[AuditEntry]) -> None:
        for one in audit_entries:
            await self.tx.audit.record(one)


def attendances(tx: MemoryTransaction, appointment_id: UUID) -> Iterable[Attendance]:
    """The attendances visible to the transaction, by the client's id."""
    own_attendances = (one for one in own_rows(tx, "attendances") if one.appointment_id == appointment_id)
    return sorted((one for one in own_attendances if visible(tx, one.client_id)), key=lambda one: one.client_id)


def visible_bookings(tx: MemoryTransaction) -> Iterator[Booking]:
    """All bookings visible to the transaction, by start."""
    rows: Iterable[Appointment] = own_rows(tx, "appointments")
    for one in sorted(rows, key=lambda one: (one.starts_at, one.id)):
        if own_attendances := tuple(attendances(tx, one.id)):
            yield Booking(appointment=one, attendances=own_attendances)
