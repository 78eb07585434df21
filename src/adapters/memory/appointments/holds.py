"""Holds and freed slots in memory."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from attrs import define

from adapters.memory.engine.rows import own_key, own_rows, require_reachable, visible
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.model import Hold
from portal_core.appointments.ports import (
    FreedSlots,
    Holds,
)
from portal_core.appointments.waitlist import FreedSlot
from portal_core.kernel.audit import AuditEntry


@define
class MemoryHolds(Holds):
    """Slots held by clients."""

    tx: MemoryTransaction

    async def add(self, hold: Hold, audit_entry: AuditEntry) -> None:
        require_reachable(self.tx, hold.client_id)
        self.tx.insert("holds", own_key(self.tx, hold.id), hold)
        await self.tx.audit.record(audit_entry)

    async def get(self, client_id: UUID, hold_id: UUID) -> Hold | None:
        hold: Hold | None = self.tx.table("holds").get(own_key(self.tx, hold_id))
        return hold if hold is not None and hold.client_id == client_id and visible(self.tx, client_id) else None

    async def of_client(self, client_id: UUID, now: datetime) -> list[Hold]:
        return [one for one in self._all(client_id) if now < one.expires_at]

    async def remove(self, client_id: UUID, hold_id: UUID, audit_entry: AuditEntry) -> None:
        if await self.get(client_id, hold_id) is not None:
            del self.tx.table("holds")[own_key(self.tx, hold_id)]
        await self.tx.audit.record(audit_entry)

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
