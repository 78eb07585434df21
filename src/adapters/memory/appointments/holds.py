"""Holds and freed slots in memory."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from attrs import define

from adapters.memory.engine.repository import MemoryClientRepository
from adapters.memory.engine.rows import own_key, own_rows
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.hold import Hold
from portal_core.appointments.ports import Holds
from portal_core.appointments.waitlist import FreedSlot
from portal_core.appointments.waitlist_ports import FreedSlots
from portal_core.kernel.audit import AuditEntry


@define
class MemoryHolds(MemoryClientRepository[Hold], Holds):
    """Slots held by clients."""

    table = "holds"

    async def of_client(self, client_id: UUID, now: datetime) -> list[Hold]:
        return [one for one in self._of(client_id) if now < one.expires_at]

    async def remove(self, client_id: UUID, hold_id: UUID, audit_entry: AuditEntry) -> None:
        if await self.get(client_id, hold_id) is not None:
            del self.tx.table("holds")[own_key(self.tx, hold_id)]
        await self.tx.audit.record(audit_entry)

    async def clear(self, client_id: UUID, before: datetime) -> None:
        for one in self._of(client_id):
            if one.expires_at <= before:
                del self.tx.table("holds")[own_key(self.tx, one.id)]

    async def clear_all(self, before: datetime) -> None:
        for one in self._rows():
            if one.expires_at <= before:
                del self.tx.table("holds")[own_key(self.tx, one.id)]


@define
class MemoryFreedSlots(FreedSlots):
    """Slots freed by cancellations or moves."""

    tx: MemoryTransaction

    async def add(self, slot: FreedSlot) -> None:
        self.tx.insert("freed_slots", own_key(self.tx, slot.id), slot)

    async def get(self, slot_id: UUID) -> FreedSlot | None:
        slot: FreedSlot | None = self.tx.table("freed_slots").get(own_key(self.tx, slot_id))
        return slot

    async def pending_ids(self) -> list[UUID]:
        slots: Iterable[FreedSlot] = own_rows(self.tx, "freed_slots")
        return [one.id for one in sorted(slots, key=lambda one: (one.freed_at, one.id))][:100]

    async def remove(self, slot_id: UUID) -> None:
        self.tx.table("freed_slots").pop(own_key(self.tx, slot_id), None)
