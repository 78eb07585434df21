"""Requests to erase records, and legal holds, in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.engine.columns import Instant, Uuid, Uuids
from adapters.postgres.engine.constraint_errors import CONSTRAINT_ERRORS
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import legal_holds, record_erasures
from portal_core.kernel.audit import AuditEntry
from portal_core.people.erasure import ERASURE_TTL, MAX_LISTED, RecordErasure
from portal_core.people.errors import ErasureOpen
from portal_core.people.ports import LegalHolds, RecordErasures

CONSTRAINT_ERRORS["record_erasures_open_key"] = ErasureOpen

_ERASURE = entity(RecordErasure, record_erasures)
_here = record_erasures.c.practice_id == bindparam("practice_id")
_of_client = (_here, record_erasures.c.client_id == bindparam("client_id"))
GET = statement(
    "record_erasures.get", select(*_ERASURE.columns).where(*_of_client, record_erasures.c.id == bindparam("id"))
)
FIND_OPEN = statement(
    "record_erasures.find_open", select(*_ERASURE.columns).where(*_of_client, record_erasures.c.state == "open")
)
LIST_OPEN = statement(
    "record_erasures.list_open",
    select(*_ERASURE.columns)
    .where(_here, record_erasures.c.state == "open", record_erasures.c.requested_at > bindparam("since", type_=Instant))
    .order_by(record_erasures.c.requested_at, record_erasures.c.id)
    .limit(MAX_LISTED),
    scope_exemption="administrators see what waits for them in the whole practice",
)
_given = [one for one in record_erasures.c if one is not record_erasures.c.recorded_at]
ADD = statement(
    "record_erasures.add", insert(record_erasures).values({one.name: bindparam(one.name) for one in _given})
)
SAVE = statement("record_erasures.save", update_version(record_erasures, "state", "confirmed_by", "completed_at"))
ERASE = statement(
    "record_erasures.erase",
    select(
        func.portal.erase_record(
            bindparam("practice_id", type_=Uuid),
            bindparam("client_id", type_=Uuid),
            bindparam("id", type_=Uuid),
            bindparam("completed_at", type_=Instant),
            type_=Uuids,
        ).label("accounts")
    ),
)

_held = (
    legal_holds.c.practice_id == bindparam("practice_id"),
    legal_holds.c.client_id == bindparam("client_id"),
)
IS_HELD = statement("legal_holds.is_held", select(legal_holds.c.client_id).where(*_held))
PLACE = statement("legal_holds.place", insert(legal_holds).on_conflict_do_nothing())
LIFT = statement("legal_holds.lift", delete(legal_holds).where(*_held))


@define
class PostgresRecordErasures(RecordErasures):
    """A unique index keeps one open request for each client."""

    tx: Transaction

    async def get(self, client_id: UUID, erasure_id: UUID) -> RecordErasure | None:
        row = await self.tx.fetchrow(GET, client_id=client_id, id=erasure_id)
        return None if row is None else _ERASURE.of(row)

    async def find_open(self, client_id: UUID) -> RecordErasure | None:
        row = await self.tx.fetchrow(FIND_OPEN, client_id=client_id)
        return None if row is None else _ERASURE.of(row)

    async def list_open(self, now: datetime) -> tuple[RecordErasure, ...]:
        return tuple(map(_ERASURE.of, await self.tx.fetch(LIST_OPEN, since=now - ERASURE_TTL)))

    async def add(self, erasure: RecordErasure, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD, **_ERASURE.values(erasure))
        self.tx.add_audit_entry(audit_entry)

    async def save(self, erasure: RecordErasure, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE, **_ERASURE.values(erasure))
        self.tx.add_audit_entry(audit_entry)


@define
class PostgresLegalHolds(LegalHolds):
    """One row per client. It refers to the client, so an erasure in progress makes it wait."""

    tx: Transaction

    async def is_held(self, client_id: UUID) -> bool:
        return await self.tx.fetchrow(IS_HELD, client_id=client_id) is not None

    async def place(self, client_id: UUID, by: UUID | None, at: datetime, audit_entry: AuditEntry) -> None:
        if await self.tx.execute(PLACE, client_id=client_id, placed_by=by, placed_at=at):
            self.tx.add_audit_entry(audit_entry)

    async def lift(self, client_id: UUID, audit_entry: AuditEntry) -> None:
        if await self.tx.execute(LIFT, client_id=client_id):
            self.tx.add_audit_entry(audit_entry)
