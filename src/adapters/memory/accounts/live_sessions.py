"""Live sessions in memory, as every request reads them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define

from adapters.memory.accounts.settings import account_rules
from adapters.memory.engine.store import MemoryStore, MemoryTransaction
from portal_core.accounts.model import Account
from portal_core.accounts.ports import ActiveStaff, HeldGrant, LiveSessions, SessionContext
from portal_core.kernel.actor import VisitorActor


@define
class MemoryLiveSessions(LiveSessions):
    """Reads committed rows, outside of units."""

    store: MemoryStore

    async def find_by_access_hash(
        self, practice_id: UUID, access_hash: bytes, record: UUID | None = None
    ) -> SessionContext | None:
        sessions = self.store.table("sessions").values()
        found = (one for one in sessions if (one.practice_id, one.access_hash) == (practice_id, access_hash))
        session = next(found, None)
        if session is None:
            return None
        account = self.store.table("accounts")[practice_id, session.account_id]
        tx = MemoryTransaction(self.store, VisitorActor(practice_id), self.store.tables)
        return SessionContext(
            session, account, account_rules(tx), staff=self._staff(account), grant=self._grant(account, record)
        )

    async def mark_active(self, practice_id: UUID, session_id: UUID, at: datetime) -> None:
        async with self.store.lock:
            session = self.store.table("sessions").get((practice_id, session_id))
            if session is not None and session.ended_at is None:
                self.store.table("sessions")[practice_id, session_id] = session.touched(at)

    def _staff(self, account: Account) -> ActiveStaff | None:
        for one in self._rows("staff", account.practice_id):
            if one.id == account.staff_id and one.active:
                return ActiveStaff(frozenset(one.roles), one.clinician_id)
        return None

    def _grant(self, account: Account, record: UUID | None) -> HeldGrant | None:
        for one in self._rows("grants", account.practice_id):
            is_active = one.revoked_at is None and one.ended_at is None
            if is_active and (one.account_id, one.client_id) == (account.id, record):
                return HeldGrant(
                    one.id, one.client_id, one.areas, one.may_write, one.starts_on, one.until, one.restricted_from
                )
        return None

    def _rows(self, table: str, practice_id: UUID) -> list[Any]:
        return [one for one in self.store.table(table).values() if one.practice_id == practice_id]
