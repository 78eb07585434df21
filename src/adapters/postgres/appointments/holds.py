"""Holds and freed slots in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, delete, literal_column, select

from adapters.postgres.appointments.tables import freed_slots, holds
from adapters.postgres.engine.columns import Instant, insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.appointments.model import Hold
from portal_core.appointments.ports import FreedSlots, Holds
from portal_core.appointments.waitlist import FreedSlot
from portal_core.kernel.audit import AuditEntry

ADD_HOLD = statement("holds.add", insert_all(holds))
_HOLD = (
    holds.c.id,
    holds.c.practice_id,
    holds.c.client_id,
    holds.c.clinician_id,
    holds.c.appointment_type_id,
    holds.c.location_id,
    holds.c.starts_at,
    holds.c.ends_at,
    holds.c.calendar_entry_id,
    holds.c.expires_at,
)
_my_holds = (holds.c.practice_id == bindparam("practice_id"), holds.c.client_id == bindparam("client_id"))
GET_HOLD = statement("holds.get", select(*_HOLD).where(*_my_holds, holds.c.id == bindparam("id")))
MY_HOLDS = statement(
    "holds.of_client",
    select(*_HOLD)
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
ADD_FREED = statement("freed_slots.add", insert_all(freed_slots))
GET_FREED = statement(
    "freed_slots.get",
    select(
        freed_slots.c.id,
        freed_slots.c.practice_id,
        freed_slots.c.clinician_id,
        freed_slots.c.appointment_type_id,
        freed_slots.c.location_id,
        freed_slots.c.starts_at,
        freed_slots.c.ends_at,
        freed_slots.c.time_zone,
        freed_slots.c.freed_at,
    ).where(freed_slots.c.practice_id == bindparam("practice_id"), freed_slots.c.id == bindparam("id")),
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
        values = {column.name: getattr(hold, column.name) for column in _HOLD if column.name != "practice_id"}
        await self.tx.execute(ADD_HOLD, **values)
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, hold_id: UUID) -> Hold | None:
        row = await self.tx.fetchrow(GET_HOLD, client_id=client_id, id=hold_id)
        return None if row is None else _hold_of(row)

    async def of_client(self, client_id: UUID, now: datetime) -> list[Hold]:
        return [_hold_of(row) for row in await self.tx.fetch(MY_HOLDS, client_id=client_id, now=now)]

    async def remove(self, client_id: UUID, hold_id: UUID, audit_entry: AuditEntry) -> None:
        self.tx.write_later(REMOVE_HOLD, client_id=client_id, id=hold_id)
        self.tx.add_audit_entry(audit_entry)

    async def clear(self, client_id: UUID, before: datetime) -> None:
        await self.tx.execute(CLEAR_HOLDS, client_id=client_id, before=before)

    async def clear_all(self, before: datetime) -> None:
        await self.tx.execute(CLEAR_ALL_HOLDS, before=before)


def _hold_of(row: Any) -> Hold:
    return Hold(
        id=row[0],
        practice_id=row[1],
        client_id=row[2],
        clinician_id=row[3],
        appointment_type_id=row[4],
        location_id=row[5],
        starts_at=row[6],
        ends_at=row[7],
        calendar_entry_id=row[8],
        expires_at=row[9],
    )


@define
class PostgresFreedSlots(FreedSlots):
    """Freed slots, which name no client."""

    tx: Transaction

    async def add(self, slot: FreedSlot) -> None:
        await self.tx.execute(
            ADD_FREED,
            id=slot.id,
            clinician_id=slot.clinician_id,
            appointment_type_id=slot.appointment_type_id,
            location_id=slot.location_id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            time_zone=slot.time_zone,
            freed_at=slot.freed_at,
        )

    async def get(self, slot_id: UUID) -> FreedSlot | None:
        row = await self.tx.fetchrow(GET_FREED, id=slot_id)
        if row is None:
            return None
        return FreedSlot(
            id=row[0],
            practice_id=row[1],
            clinician_id=row[2],
            appointment_type_id=row[3],
            location_id=row[4],
            starts_at=row[5],
            ends_at=row[6],
            time_zone=row[7],
            freed_at=row[8],
        )

    async def pending_ids(self) -> list[UUID]:
        return [row[0] for row in await self.tx.fetch(PENDING_FREED_IDS)]

    async def remove(self, slot_id: UUID) -> None:
        await self.tx.execute(REMOVE_FREED, id=slot_id)
