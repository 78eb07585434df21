"""Requests to erase records, legal holds, and what is erased of a record, in memory."""

from datetime import datetime
from uuid import UUID

from attrs import define, evolve

from adapters.memory.engine.repository import MemoryClientRepository
from adapters.memory.engine.row_visibility import first, only_practice_wide
from adapters.memory.engine.rows import own_key, own_rows
from adapters.memory.engine.sealing import destroy_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.kernel.audit import AuditEntry
from portal_core.people.erasure import MAX_LISTED, RecordErasure, erased
from portal_core.people.errors import ErasureOpen
from portal_core.people.ports import LegalHolds, RecordErasures

_OF_ACCOUNTS = (
    "sessions",
    "challenges",
    "second_factors",
    "email_changes",
    "notification_settings",
    "safe_email_verifications",
    "notifications",
    "feed_tokens",
)
"""Whose rows are deleted with the account."""


@define
class MemoryRecordErasures(MemoryClientRepository[RecordErasure], RecordErasures):
    """At most one is open for each client."""

    table = "record_erasures"

    async def find_open(self, client_id: UUID) -> RecordErasure | None:
        return first(one for one in self._of(client_id) if one.state == "open")

    async def list_open(self, now: datetime) -> tuple[RecordErasure, ...]:
        found = (one for one in self._rows() if one.is_open(now))
        return tuple(sorted(found, key=lambda one: (one.requested_at, one.id)))[:MAX_LISTED]

    async def add(self, erasure: RecordErasure, audit_entry: AuditEntry) -> None:
        if await self.find_open(erasure.client_id) is not None:
            raise ErasureOpen
        await super().add(erasure, audit_entry)

    def _check(self, row: RecordErasure) -> None:
        only_practice_wide(self.tx)


@define
class MemoryLegalHolds(LegalHolds):
    """Rows keyed by client."""

    tx: MemoryTransaction

    async def is_held(self, client_id: UUID) -> bool:
        return own_key(self.tx, client_id) in self.tx.table("legal_holds")

    async def place(self, client_id: UUID, by: UUID | None, at: datetime, audit_entry: AuditEntry) -> None:
        only_practice_wide(self.tx)
        if not await self.is_held(client_id):
            self.tx.table("legal_holds")[own_key(self.tx, client_id)] = (by, at)
            await self.tx.audit.record(audit_entry)

    async def lift(self, client_id: UUID, audit_entry: AuditEntry) -> None:
        only_practice_wide(self.tx)
        if self.tx.table("legal_holds").pop(own_key(self.tx, client_id), None) is not None:
            await self.tx.audit.record(audit_entry)


def erase_record(tx: MemoryTransaction, erasure: RecordErasure) -> tuple[UUID, ...]:
    """Destroy the client's key and erase who the client is; returns the ids of their accounts."""
    client_id, at = erasure.client_id, erasure.completed_at
    stored = tx.table("record_erasures").get(own_key(tx, erasure.id))
    assert at is not None, "a use case erased a record without a confirmed request"
    assert stored == erasure, "a use case erased a record without a saved request"
    destroy_key(tx, client_id)
    key = own_key(tx, client_id)
    tx.table("clients")[key] = erased(tx.table("clients")[key])
    accounts = [one for one in own_rows(tx, "accounts") if one.client_id == client_id]
    for account in accounts:
        tx.table("accounts")[own_key(tx, account.id)] = evolve(
            account,
            email="",
            status="closed",
            second_factor="none",
            external=None,
            usable_from=None,
            closed_at=account.closed_at or at,
            version=account.version + 1,
        )
    ids = {one.id for one in accounts}
    for table in _OF_ACCOUNTS:
        rows = tx.table(table)
        for place in [place for place, row in rows.items() if place[0] == tx.practice_id and row.account_id in ids]:
            del rows[place]
    for one in own_rows(tx, "invitations"):
        if one.client_id == client_id:
            state = "withdrawn" if one.state == "open" else one.state
            changed = evolve(one, email="", state=state, code_hash=None, version=one.version + 1)
            tx.table("invitations")[own_key(tx, one.id)] = changed
    for one in own_rows(tx, "grants"):
        if one.client_id == client_id and one.is_active:
            tx.table("grants")[own_key(tx, one.id)] = evolve(one, revoked_at=at, version=one.version + 1)
    return tuple(sorted(ids))
