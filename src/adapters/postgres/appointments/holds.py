"""Holds and freed slots in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, delete, insert, literal_column, select

from adapters.postgres.appointments.tables import freed_slots, holds
from adapters.postgres.engine.columns import Instant
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.hold import Hold
from portal_core.appointments.ports import Holds
from portal_core.appointments.waitlist import FreedSlot
from portal_core.appointments.waitlist_ports import FreedSlots
from portal_core.kernel.audit import AuditEntry

_HOLD = entity(Hold, holds)
_FREED = entity(FreedSlot, freed_slots)
ADD_HOLD = statement("holds.add", insert(holds))
_my_holds = (holds.c.practice_id == bindparam("practice_id"), holds.c.client_id == bindparam("client_id"))
GET_HOLD = statement("holds.get", select(*_HOLD.columns).where(*_my_holds, holds.c.id == bindparam("id")))
MY_HOLDS = statement(
    "holds.of_client",
    select(*_HOLD.columns)
    .where(*_my_holds, holds.c.expires_at > bindparam("now", type_=Instant))
    .order_by(holds.c.expires_at, holds.c.id),
)
REMOVE_HOLD = statement("holds.remove", delete(holds).where(*_my_holds, holds.c.id == bindparam("id")))
CLEAR_HOLDS = statement(
    "holds.clear", delete(holds).where(*_my_holds, holds.c.expires_at <= bindparam("before", type_=Instant))
)
CLEAR_ALL_HOLDS = statement(
    "holds.clear_all",
    delete(holds).where(
        holds.c.practice_id == bindparam("practice_id"), holds.c.expires_at <= bindparam("before", type_=Instant)
    ),
    scope_exemption="a job deletes all expired holds; row-level security confines a client to their own record",
)
ADD_FREED = statement("freed_slots.add", insert(freed_slots))
GET_FREED = statement(
    "freed_slots.get",
    select(*_FREED.columns).where(
        freed_slots.c.practice_id == bindparam("practice_id"), freed_slots.c.id == bindparam("id")
    ),
)
PENDING_FREED_IDS = statement(
    "freed_slots.pending_ids",
    select(freed_slots.c.id)
    .where(freed_slots.c.practice_id == bindparam("practice_id"))
    .order_by(freed_slots.c.freed_at, freed_slots.c.id)
    .limit(literal_column("100")),
)
REMOVE_FREED = statement(
    "freed_slots.remove",
    delete(freed_slots).where(
        freed_slots.c.practice_id == bindparam("practice_id"), freed_slots.c.id == bindparam("id")
    ),
)


@define
class PostgresHolds(Holds):
    """Holds of clients; each refers to an entry in the calendar, which names no client."""

    tx: Transaction

    async def add(self, hold: Hold, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD_HOLD, **_HOLD.values(hold))
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, hold_id: UUID) -> Hold | None:
        row = await self.tx.fetchrow(GET_HOLD, client_id=client_id, id=hold_id)
        return None if row is None else _HOLD.of(row)

    async def of_client(self, client_id: UUID, now: datetime) -> list[Hold]:
        return [_HOLD.of(row) for row in await self.tx.fetch(MY_HOLDS, client_id=client_id, now=now)]

    async def remove(self, client_id: UUID, hold_id: UUID, audit_entry: AuditEntry) -> None:
        self.tx.write_later(REMOVE_HOLD, client_id=client_id, id=hold_id)
        self.tx.add_audit_entry(audit_entry)

    async def clear(self, client_id: UUID, before: datetime) -> None:
        await self.tx.execute(CLEAR_HOLDS, client_id=client_id, before=before)

    async def clear_all(self, before: datetime) -> None:
        await self.tx.execute(CLEAR_ALL_HOLDS, before=before)


@define
class PostgresFreedSlots(FreedSlots):
    """Freed slots, which name no client."""

    tx: Transaction

    async def add(self, slot: FreedSlot) -> None:
        await self.tx.execute(ADD_FREED, **_FREED.values(slot))

    async def get(self, slot_id: UUID) -> FreedSlot | None:
        row = await self.tx.fetchrow(GET_FREED, id=slot_id)
        return None if row is None else _FREED.of(row)

    async def pending_ids(self) -> list[UUID]:
        return [row[0] for row in await self.tx.fetch(PENDING_FREED_IDS)]

    async def remove(self, slot_id: UUID) -> None:
        await self.tx.execute(REMOVE_FREED, id=slot_id)
