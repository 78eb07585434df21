"""Appointments, the calendar and availability in memory, with what PostgreSQL refuses refused."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from attrs import define, evolve

from adapters.memory.rows import confine, own_key, own_rows, visible, zone_at
from adapters.memory.sealing import SEALED, as_kept
from adapters.memory.store import MemoryTransaction
from portal_core.appointments.availability import AvailabilityException, AvailabilityRule
from portal_core.appointments.errors import SlotTaken
from portal_core.appointments.model import Appointment, Attendance, Booking, CalendarEntry, Hold
from portal_core.appointments.ports import (
    Appointments,
    Availability,
    Blocks,
    Calendar,
    FreedSlots,
    Holds,
    ScheduleSetup,
)
from portal_core.appointments.settings import AppointmentRules, Kind, Place
from portal_core.appointments.waiting import FreedSlot
from portal_core.appointments.wall_clock import Span
from portal_core.kernel.audit import Audited
from portal_core.people.model import Practice

SEALED["attendances"] = {"reason": None}


@define
class MemoryCalendar(Calendar):
    """The calendar. Units of work run one at a time here, so a lock need not wait."""

    tx: MemoryTransaction

    async def lock(self, clinicians: Iterable[UUID], now: datetime, *, clients: Iterable[UUID] = ()) -> None:
        locked = frozenset(clinicians)
        for one in own_rows(self.tx, "calendar"):
            if one.clinician_id in locked and _is_over(one, now):
                del self.tx.table("calendar")[own_key(self.tx, one.id)]

    async def busy(
        self, clinicians: Collection[UUID], since: datetime, until: datetime, now: datetime
    ) -> list[CalendarEntry]:
        found = (
            one
            for one in own_rows(self.tx, "calendar")
            if one.clinician_id in clinicians
            and one.starts_at < until
            and since < one.ends_at
            and not _is_over(one, now)
        )
        return sorted(found, key=lambda one: (one.starts_at, one.id))

    async def occupy(self, entry: CalendarEntry) -> None:
        self._refuse_overlap(entry)
        self.tx.insert("calendar", own_key(self.tx, entry.id), entry)

    async def change(self, entry: CalendarEntry) -> None:
        self._refuse_overlap(entry)
        rows = self.tx.table("calendar")
        if own_key(self.tx, entry.id) not in rows:
            raise SlotTaken
        rows[own_key(self.tx, entry.id)] = entry

    async def free(self, entry_id: UUID) -> None:
        self.tx.table("calendar").pop(own_key(self.tx, entry_id), None)

    def _refuse_overlap(self, entry: CalendarEntry) -> None:
        if entry.purpose == "block":
            return
        for other in own_rows(self.tx, "calendar"):
            if (
                other.id != entry.id
                and other.clinician_id == entry.clinician_id
                and other.purpose != "block"
                and other.starts_at < entry.ends_at
                and entry.starts_at < other.ends_at
            ):
                raise SlotTaken


@define
class MemoryBlocks(Blocks):
    """Blocks are calendar entries of their own purpose."""

    tx: MemoryTransaction

    async def get(self, entry_id: UUID) -> CalendarEntry | None:
        entry: CalendarEntry | None = self.tx.table("calendar").get(own_key(self.tx, entry_id))
        return entry if entry is not None and entry.purpose == "block" else None

    async def add(self, block: CalendarEntry, audited: Audited) -> None:
        self.tx.insert("calendar", own_key(self.tx, block.id), block)
        await self.tx.audit.record(audited)

    async def conflicts(self, block: CalendarEntry) -> tuple[UUID, ...]:
        found: list[Appointment] = [
            one
            for one in own_rows(self.tx, "appointments")
            if one.clinician_id == block.clinician_id
            and one.status == "booked"
            and one.starts_at < block.ends_at
            and block.starts_at < one.ends_at
        ]
        return tuple(one.id for one in sorted(found, key=lambda one: (one.starts_at, one.id)))

    async def remove(self, entry_id: UUID, audited: Audited) -> bool:
        if await self.get(entry_id) is None:
            return False
        del self.tx.table("calendar")[own_key(self.tx, entry_id)]
        await self.tx.audit.record(audited)
        return True


@define
class MemoryAvailability(Availability):
    """Weekly rules and exceptions."""

    tx: MemoryTransaction

    async def rules(self, clinicians: Collection[UUID]) -> list[AvailabilityRule]:
        return [
            evolve(one, zone=zone_at(self.tx, one.place_id))
            for one in own_rows(self.tx, "availability_rules")
            if one.clinician_id in clinicians
        ]

    async def exceptions(
        self, clinicians: Collection[UUID], first_day: date, last_day: date
    ) -> list[AvailabilityException]:
        return [
            evolve(one, zone=zone_at(self.tx, one.place_id))
            for one in own_rows(self.tx, "availability_exceptions")
            if one.clinician_id in clinicians and first_day <= one.date <= last_day
        ]

    async def publish(self, clinician_id: UUID, rules: Sequence[AvailabilityRule], audited: Audited) -> None:
        rows = self.tx.table("availability_rules")
        for one in await self.rules([clinician_id]):
            del rows[own_key(self.tx, one.id)]
        for one in rules:
            self.tx.insert("availability_rules", own_key(self.tx, one.id), one)
        await self.tx.audit.record(audited)

    async def add_exception(self, exception: AvailabilityException, audited: Audited) -> None:
        self.tx.insert("availability_exceptions", own_key(self.tx, exception.id), exception)
        await self.tx.audit.record(audited)

    async def remove_exception(self, clinician_id: UUID, exception_id: UUID, audited: Audited) -> bool:
        rows = self.tx.table("availability_exceptions")
        known = rows.get(own_key(self.tx, exception_id))
        if known is None or known.clinician_id != clinician_id:
            return False
        del rows[own_key(self.tx, exception_id)]
        await self.tx.audit.record(audited)
        return True


@define
class MemoryScheduleSetup(ScheduleSetup):
    """What the practice offers."""

    tx: MemoryTransaction

    async def save_rules(self, rules: AppointmentRules, audited: Audited, version: int | None = None) -> int:
        practice = self.tx.table("practices")[self.tx.practice_id]
        changed: Practice = evolve(practice, version=(version or practice.version) + 1)
        self.tx.save("practices", practice.id, changed)
        self.tx.table("appointment_rules")[practice.id] = rules
        await self.tx.audit.record(audited)
        return changed.version

    async def save_kind(self, kind: Kind, audited: Audited) -> None:
        self._put("appointment_kinds", kind)
        await self.tx.audit.record(audited)

    async def save_place(self, place: Place, audited: Audited) -> None:
        self._put("places", place)
        await self.tx.audit.record(audited)

    def _put(self, table: str, row: Kind | Place) -> None:
        key = own_key(self.tx, row.id)
        write = self.tx.save if key in self.tx.table(table) else self.tx.insert
        write(table, key, row)


@define
class MemoryHolds(Holds):
    """Slots held by clients."""

    tx: MemoryTransaction

    async def add(self, hold: Hold, audited: Audited) -> None:
        confine(self.tx, hold.client_id)
        self.tx.insert("holds", own_key(self.tx, hold.id), hold)
        await self.tx.audit.record(audited)

    async def get(self, client_id: UUID, hold_id: UUID) -> Hold | None:
        hold: Hold | None = self.tx.table("holds").get(own_key(self.tx, hold_id))
        return hold if hold is not None and hold.client_id == client_id and visible(self.tx, client_id) else None

    async def of_client(self, client_id: UUID, now: datetime) -> list[Hold]:
        return [one for one in self._all(client_id) if now < one.expires_at]

    async def remove(self, client_id: UUID, hold_id: UUID, audited: Audited) -> None:
        if await self.get(client_id, hold_id) is not None:
            del self.tx.table("holds")[own_key(self.tx, hold_id)]
        await self.tx.audit.record(audited)

    async def clear(self, client_id: UUID, before: datetime) -> None:
        for one in self._all(client_id):
            if one.expires_at <= before:
                del self.tx.table("holds")[own_key(self.tx, one.id)]

    async def clear_all(self, before: datetime) -> None:
        for one in own_rows(self.tx, "holds"):
            if one.expires_at <= before and visible(self.tx, one.client_id):
                del self.tx.table("holds")[own_key(self.tx, one.id)]

    def _all(self, client_id: UUID) -> list[Hold]:
        return [one for one in own_rows(self.tx, "holds") if one.client_id == client_id and visible(self.tx, client_id)]


@define
class MemoryAppointments(Appointments):
    """Appointments, and attendances in a table of their own by appointment and client."""

    tx: MemoryTransaction

    async def add(self, booking: Booking, *audited: Audited) -> None:
        self.tx.insert("appointments", own_key(self.tx, booking.appointment.id), booking.appointment)
        for one in booking.attendances:
            confine(self.tx, one.client_id)
            kept = as_kept(self.tx, "attendances", one)
            self.tx.insert("attendances", (*own_key(self.tx, one.appointment_id), one.client_id), kept)
        await self._record(audited)

    async def get(self, client_id: UUID, appointment_id: UUID) -> Booking | None:
        booking = await self.whole(appointment_id)
        own = tuple(one for one in booking.attendances if one.client_id == client_id) if booking else ()
        return evolve(booking, attendances=own) if booking and own else None

    async def whole(self, appointment_id: UUID) -> Booking | None:
        appointment: Appointment | None = self.tx.table("appointments").get(own_key(self.tx, appointment_id))
        parts = tuple(attendances(self.tx, appointment_id))
        if appointment is None or not parts:
            return None
        return Booking(appointment=appointment, attendances=parts)

    async def save(self, booking: Booking, *audited: Audited) -> None:
        self.tx.save("appointments", own_key(self.tx, booking.appointment.id), booking.appointment)
        rows = self.tx.table("attendances")
        for one in booking.attendances:
            confine(self.tx, one.client_id)
            rows[(*own_key(self.tx, one.appointment_id), one.client_id)] = as_kept(self.tx, "attendances", one)
        await self._record(audited)

    async def clients_busy(
        self, client_ids: Collection[UUID], since: datetime, until: datetime, *, apart_from: UUID | None = None
    ) -> list[Span]:
        rows, found = self.tx.table("appointments"), list[Span]()
        for part in own_rows(self.tx, "attendances"):
            known: Appointment = rows[own_key(self.tx, part.appointment_id)]
            if (
                part.client_id in client_ids
                and visible(self.tx, part.client_id)
                and part.status == "attending"
                and known.id != apart_from
                and known.starts_at < until
                and since < known.ends_at
            ):
                found.append((known.starts_at, known.ends_at))
        return found

    async def _record(self, audited: Iterable[Audited]) -> None:
        for one in audited:
            await self.tx.audit.record(one)


@define
class MemoryFreedSlots(FreedSlots):
    """Time that cancellations gave back."""

    tx: MemoryTransaction

    async def add(self, slot: FreedSlot) -> None:
        self.tx.insert("freed_slots", own_key(self.tx, slot.id), slot)

    async def get(self, slot_id: UUID) -> FreedSlot | None:
        slot: FreedSlot | None = self.tx.table("freed_slots").get(own_key(self.tx, slot_id))
        return slot

    async def waiting(self) -> list[UUID]:
        slots: Iterable[FreedSlot] = own_rows(self.tx, "freed_slots")
        return [one.id for one in sorted(slots, key=lambda one: (one.freed_at, one.id))][:100]

    async def remove(self, slot_id: UUID) -> None:
        self.tx.table("freed_slots").pop(own_key(self.tx, slot_id), None)


def attendances(tx: MemoryTransaction, appointment_id: UUID) -> Iterable[Attendance]:
    """The attendances that the transaction may see, in order of their client's id."""
    parts = (one for one in own_rows(tx, "attendances") if one.appointment_id == appointment_id)
    return sorted((one for one in parts if visible(tx, one.client_id)), key=lambda one: one.client_id)


def _is_over(entry: CalendarEntry, now: datetime) -> bool:
    return entry.expires_at is not None and entry.expires_at <= now
