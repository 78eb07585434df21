"""The calendar and blocks in memory."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from attrs import define

from adapters.memory.engine.repository import MemoryRepository
from adapters.memory.engine.rows import own_key, own_rows
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.calendar_ports import (
    Blocks,
    Calendar,
)
from portal_core.appointments.errors import SlotTaken
from portal_core.appointments.model import CalendarEntry
from portal_core.kernel.audit import AuditEntry


@define
class MemoryCalendar(Calendar):
    """The calendar. Units of work run one at a time here, so the lock never waits."""

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

    async def change_all(self, entries: Sequence[CalendarEntry]) -> None:
        rows = self.tx.table("calendar")
        for one in entries:
            if rows.pop(own_key(self.tx, one.id), None) is None:
                raise SlotTaken
        for one in entries:
            await self.occupy(one)

    async def free(self, entry_id: UUID) -> None:
        self.tx.table("calendar").pop(own_key(self.tx, entry_id), None)

    async def release_reservations(self, clinician_id: UUID, audit_entry: AuditEntry) -> None:
        for one in own_rows(self.tx, "calendar"):
            if one.clinician_id == clinician_id and one.purpose == "hold":
                await self.free(one.id)
        for one in own_rows(self.tx, "holds"):
            if one.clinician_id == clinician_id:
                del self.tx.table("holds")[own_key(self.tx, one.id)]
        for one in own_rows(self.tx, "waitlist_offers"):
            if one.clinician_id == clinician_id and one.status == "open":
                self.tx.table("waitlist_offers")[own_key(self.tx, one.id)] = one.expire()
        for one in own_rows(self.tx, "freed_slots"):
            if one.clinician_id == clinician_id:
                del self.tx.table("freed_slots")[own_key(self.tx, one.id)]
        await self.tx.audit.record(audit_entry)

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
class MemoryBlocks(MemoryRepository[CalendarEntry], Blocks):
    """Calendar entries with the purpose `block`."""

    table = "calendar"

    def _sees(self, row: CalendarEntry) -> bool:
        return row.purpose == "block"

    async def remove(self, entry_id: UUID, audit_entry: AuditEntry) -> bool:
        if await self.get(entry_id) is None:
            return False
        del self.tx.table("calendar")[own_key(self.tx, entry_id)]
        await self.tx.audit.record(audit_entry)
        return True


def _is_over(entry: CalendarEntry, now: datetime) -> bool:
    return entry.expires_at is not None and entry.expires_at <= now
