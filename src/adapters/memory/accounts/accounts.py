"""Accounts and sessions in memory, with the constraints of the PostgreSQL adapter."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from attrs import define, evolve

from adapters.memory.accounts.settings import account_rules
from adapters.memory.engine.repository import MemoryRepository, MemoryRows
from adapters.memory.engine.row_visibility import reaches
from adapters.memory.engine.rows import own_key, own_rows
from adapters.memory.engine.store import MemoryTransaction
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.model import (
    Account,
    ExternalIdentity,
    Session,
    Side,
)
from portal_core.accounts.ports import (
    AccountRulesSource,
    Accounts,
    Sessions,
)
from portal_core.accounts.settings import AccountRules
from portal_core.kernel.audit import AuditEntry


@define
class MemoryAccountRules(AccountRulesSource):
    """The account settings, with the practice's name and time zone."""

    tx: MemoryTransaction

    async def get(self) -> AccountRules:
        return account_rules(self.tx)


@define
class MemoryAccounts(MemoryRepository[Account], Accounts):
    """Open accounts are unique by side and email, client, staff member and external identity."""

    table = "accounts"

    async def find_by_email(self, side: Side, email: str) -> Account | None:
        return next((one for one in self._open() if (one.side, one.email) == (side, email)), None)

    async def find_by_clients(self, client_ids: Collection[UUID]) -> dict[UUID, Account]:
        return {one.client_id: one for one in self._open() if one.client_id is not None and one.client_id in client_ids}

    async def find_by_external(self, external: ExternalIdentity) -> Account | None:
        return next((one for one in self._open() if one.external == external), None)

    async def find_by_person(self, side: Side, person_id: UUID) -> Account | None:
        found = (one for one in self._open() if person_id == (one.staff_id if side == "practice" else one.client_id))
        return next(found, None)

    async def set_usable_from(self, account_id: UUID, usable_from: date | None, audit_entry: AuditEntry) -> None:
        account = await self.get(account_id)
        if account is not None:
            await self.save(evolve(account, usable_from=usable_from, version=account.version + 1), audit_entry)

    def _open(self) -> list[Account]:
        return [one for one in self._rows() if one.status != "closed"]

    def _sees(self, row: Account) -> bool:
        return reaches(self.tx, row.id)

    def _check(self, row: Account) -> None:
        super()._check(row)
        unique_keys = _unique_keys(row)
        for other in own_rows(self.tx, "accounts"):
            if other.id != row.id and unique_keys & _unique_keys(other):
                raise AlreadyRegistered


def _unique_keys(account: Account) -> set[tuple[str, object]]:
    if account.status == "closed":
        return set()
    keys = {
        "email": (account.side, account.email),
        "client": account.client_id,
        "staff": account.staff_id,
        "external": account.external,
    }
    return {(name, value) for name, value in keys.items() if value is not None}


@define
class MemorySessions(MemoryRows[Session], Sessions):
    """Sessions in memory; only `MemoryLiveSessions` writes activity."""

    table = "sessions"

    async def get(self, account_id: UUID, session_id: UUID) -> Session | None:
        return next((one for one in self._of(account_id) if one.id == session_id), None)

    async def find_by_family_hash(self, family_hash: bytes) -> Session | None:
        return next((one for one in self._rows() if one.family_hash == family_hash), None)

    async def find_by_access_hash(self, access_hash: bytes) -> Session | None:
        return next((one for one in self._rows() if one.access_hash == access_hash), None)

    async def list_open(self, account_id: UUID, now: datetime) -> tuple[Session, ...]:
        live = [one for one in self._of(account_id) if one.is_live(now)]
        return tuple(sorted(live, key=lambda one: (one.last_active_at, one.id), reverse=True))

    async def save(self, session: Session, audit_entry: AuditEntry) -> None:
        stored = self._find(session.id) or session
        await super().save(evolve(session, last_active_at=stored.last_active_at), audit_entry)

    async def end_all(
        self, account_id: UUID, at: datetime, audit_entry: AuditEntry, *, keep: UUID | None = None
    ) -> None:
        for one in self._of(account_id):
            if one.ended_at is None and one.id != keep:
                self.tx.save("sessions", own_key(self.tx, one.id), one.end(at))
        await self.end_challenges(account_id, at)
        await self.tx.audit.record(audit_entry)

    async def end_challenges(self, account_id: UUID, at: datetime) -> None:
        for one in own_rows(self.tx, "challenges"):
            if one.account_id == account_id and one.used_at is None and at < one.expires_at:
                self.tx.save("challenges", own_key(self.tx, one.id), one.use(at))

    def _of(self, account_id: UUID) -> list[Session]:
        return [one for one in self._rows() if one.account_id == account_id]

    def _sees(self, row: Session) -> bool:
        return reaches(self.tx, row.account_id)
