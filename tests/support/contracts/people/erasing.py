"""Erases a record through the repositories, as two administrators do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from portal_core.accounts.model import Account
from portal_core.kernel.actor import StaffActor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import Clock, IdSource
from portal_core.people.erasure import ERASURE_TTL, RecordErasure
from portal_core.people.model import StaffMember

ERASED_ENTRY = AuditEntry("test.erased")


async def erase_record(begin: Any, practice_id: UUID, client_id: UUID, clock: Clock, ids: IdSource) -> tuple[UUID, ...]:
    """Returns the client's accounts."""
    now = clock.now()
    first, second = [await _administrator(begin, practice_id, now, ids) for _ in range(2)]
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


async def _administrator(begin: Any, practice_id: UUID, now: datetime, ids: IdSource) -> StaffActor:
    member = StaffMember(ids.new(), practice_id, "Ada", f"{ids.new().hex}@elm.example", frozenset({"administrator"}))
    account = Account(ids.new(), practice_id, member.email, "staff", now, staff_id=member.id, status="active")
    async with begin(SystemActor(practice_id, "test")) as unit:
        await unit.staff_records.add(member, AuditEntry("test.added"))
        await unit.accounts.add(account, AuditEntry("test.added"))
        await unit.commit(None)
    return StaffActor(practice_id, account.id, member.roles)
