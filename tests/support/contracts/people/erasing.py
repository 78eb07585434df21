"""Erases a record through the repositories, as two administrators do."""

from typing import Any
from uuid import UUID

from portal_core.kernel.actor import StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import Clock, IdSource
from portal_core.people.erasure import ERASURE_TTL, RecordErasure

ERASED_ENTRY = AuditEntry("test.erased")


async def erase_record(begin: Any, practice_id: UUID, client_id: UUID, clock: Clock, ids: IdSource) -> tuple[UUID, ...]:
    """Returns the client's accounts."""
    first, second = (StaffActor(practice_id, ids.new(), frozenset({"administrator"})) for _ in range(2))
    now = clock.now()
    erasure = RecordErasure(ids.new(), practice_id, client_id, first.account_id, now, now + ERASURE_TTL)
    async with begin(first) as unit:
        await unit.record_erasures.add(erasure, AuditEntry("test.asked"))
        await unit.commit(None)
    async with begin(second) as unit:
        confirmed = erasure.confirm(second.account_id, now)
        await unit.record_erasures.save(confirmed, AuditEntry("test.confirmed"))
        accounts: tuple[UUID, ...] = await unit.client_records.erase(confirmed, ERASED_ENTRY)
        await unit.commit(None)
    return accounts
