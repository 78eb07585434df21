"""Accounts and what signing in leaves behind, in memory, with what PostgreSQL refuses refused."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from attrs import define, evolve

from adapters.codec import section
from adapters.memory.rows import own_key, own_rows
from adapters.memory.store import MemoryTransaction
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.model import (
    Account,
    Challenge,
    Enquiry,
    ExternalIdentity,
    SecondFactor,
    Session,
    Side,
    SignInGuard,
)
from portal_core.accounts.ports import (
    AccountRules,
    AccountRulesSource,
    Accounts,
    Challenges,
    Enquiries,
    PersonDirectory,
    SecondFactorBook,
    Sessions,
    SignInGuards,
)
from portal_core.kernel.actor import ClientActor, ProxyActor
from portal_core.kernel.audit import Audited


def reaches(tx: MemoryTransaction, account_id: UUID) -> bool:
    """Whether the transaction reaches an account's rows: clients and proxies their own, the others the practice's."""
    return not isinstance(tx.actor, ClientActor | ProxyActor) or tx.actor.account_id == account_id


def rules_of(practices: list[Any]) -> AccountRules:
    """A practice's rules, its own section over the defaults; the defaults where there is no such practice."""
    if not practices:
        return AccountRules()
    practice = practices[0]
    named = {**practice.settings.get("accounts", {}), "practice_name": practice.name, "zone": practice.zone}
    rules: AccountRules = section({"accounts": named}, "accounts", AccountRules)
    return rules


@define
class MemoryAccountRules(AccountRulesSource):
    """From the practice's settings."""

    tx: MemoryTransaction

    async def get(self) -> AccountRules:
        return rules_of([one for one in self.tx.table("practices").values() if one.id == self.tx.practice_id])


@define
class MemoryAccounts(Accounts):
    """Open accounts are unique by side and email, client, staff member and external identity."""

    tx: MemoryTransaction

    async def get(self, account_id: UUID) -> Account | None:
        return next((one for one in self._rows() if one.id == account_id), None)

    async def find_by_email(self, side: Side, email: str) -> Account | None:
        return next((one for one in self._open() if (one.side, one.email) == (side, email)), None)

    async def find_by_external(self, external: ExternalIdentity) -> Account | None:
        return next((one for one in self._open() if one.external == external), None)

    async def find_by_person(self, side: Side, person_id: UUID) -> Account | None:
        found = (one for one in self._open() if person_id == (one.staff_id if side == "practice" else one.client_id))
        return next(found, None)

    async def add(self, account: Account, audited: Audited) -> None:
        self._refuse_twins(account)
        self.tx.insert("accounts", own_key(self.tx, account.id), account)
        await self.tx.audit.record(audited)

    async def save(self, account: Account, audited: Audited) -> None:
        self._refuse_twins(account)
        self.tx.save("accounts", own_key(self.tx, account.id), account)
        await self.tx.audit.record(audited)

    def _rows(self) -> list[Account]:
        return [one for one in own_rows(self.tx, "accounts") if reaches(self.tx, one.id)]

    def _open(self) -> list[Account]:
        return [one for one in self._rows() if one.status != "closed"]

    def _refuse_twins(self, account: Account) -> None:
        assert reaches(self.tx, account.id), "a use case wrote another holder's account"
        if account.status == "closed":
            return
        mine = _unique_keys(account)
        for other in own_rows(self.tx, "accounts"):
            if other.id != account.id and other.status != "closed" and mine & _unique_keys(other):
                raise AlreadyRegistered


def _unique_keys(account: Account) -> set[tuple[str, object]]:
    keys = {
        "email": (account.side, account.email),
        "client": account.client_id,
        "staff": account.staff_id,
        "external": account.external,
    }
    return {(name, value) for name, value in keys.items() if value is not None}


@define
class MemorySessions(Sessions):
    """Activity is written by `MemoryLiveSessions` alone."""

    tx: MemoryTransaction

    async def add(self, session: Session, audited: Audited) -> None:
        self.tx.insert("sessions", own_key(self.tx, session.id), session)
        await self.tx.audit.record(audited)

    async def get(self, account_id: UUID, session_id: UUID) -> Session | None:
        return next((one for one in self._of(account_id) if one.id == session_id), None)

    async def find_by_family_hash(self, family_hash: bytes) -> Session | None:
        found = (one for one in own_rows(self.tx, "sessions") if one.family_hash == family_hash)
        return next((one for one in found if reaches(self.tx, one.account_id)), None)

    async def open_of(self, account_id: UUID, now: datetime) -> tuple[Session, ...]:
        alive = [one for one in self._of(account_id) if one.alive(now)]
        return tuple(sorted(alive, key=lambda one: (one.last_active_at, one.id), reverse=True))

    async def save(self, session: Session, audited: Audited) -> None:
        key = own_key(self.tx, session.id)
        kept = self.tx.table("sessions").get(key, session)
        self.tx.save("sessions", key, evolve(session, last_active_at=kept.last_active_at))
        await self.tx.audit.record(audited)

    async def end_all(self, account_id: UUID, at: datetime, audited: Audited, *, keep: UUID | None = None) -> None:
        for one in self._of(account_id):
            if one.ended_at is None and one.id != keep:
                self.tx.save("sessions", own_key(self.tx, one.id), one.end(at))
        await self.tx.audit.record(audited)

    def _of(self, account_id: UUID) -> list[Session]:
        rows = own_rows(self.tx, "sessions")
        return [one for one in rows if one.account_id == account_id and reaches(self.tx, account_id)]


@define
class MemorySignInGuards(SignInGuards):
    """Units run one at a time here, so reading is locking."""

    tx: MemoryTransaction

    async def lock(self, key: bytes) -> SignInGuard:
        found: SignInGuard | None = self.tx.table("sign_in_guards").get((self.tx.practice_id, key))
        return found or SignInGuard(self.tx.practice_id, key)

    async def save(self, guard: SignInGuard) -> None:
        self.tx.table("sign_in_guards")[self.tx.practice_id, guard.key] = guard


@define
class MemoryChallenges(Challenges):
    """By the hash of their token."""

    tx: MemoryTransaction

    async def add(self, challenge: Challenge) -> None:
        self.tx.insert("challenges", own_key(self.tx, challenge.id), challenge)

    async def find(self, token_hash: bytes) -> Challenge | None:
        return next((one for one in own_rows(self.tx, "challenges") if one.token_hash == token_hash), None)

    async def save(self, challenge: Challenge) -> None:
        self.tx.save("challenges", own_key(self.tx, challenge.id), challenge)


@define
class MemorySecondFactorBook(SecondFactorBook):
    """One row for each account."""

    tx: MemoryTransaction

    async def lock(self, account_id: UUID) -> SecondFactor:
        found: SecondFactor | None = self.tx.table("second_factors").get(own_key(self.tx, account_id))
        return found if found is not None and reaches(self.tx, account_id) else self._none(account_id)

    async def save(self, second_factor: SecondFactor, audited: Audited) -> None:
        assert reaches(self.tx, second_factor.account_id), "a use case wrote another holder's second factor"
        self.tx.table("second_factors")[own_key(self.tx, second_factor.account_id)] = second_factor
        await self.tx.audit.record(audited)

    async def remove(self, account_id: UUID, audited: Audited) -> None:
        assert reaches(self.tx, account_id), "a use case removed another holder's second factor"
        self.tx.table("second_factors").pop(own_key(self.tx, account_id), None)
        await self.tx.audit.record(audited)

    def _none(self, account_id: UUID) -> SecondFactor:
        return SecondFactor(account_id, self.tx.practice_id)


@define
class MemoryEnquiries(Enquiries):
    """Until they are decided."""

    tx: MemoryTransaction

    async def add(self, enquiry: Enquiry, audited: Audited) -> None:
        self.tx.insert("enquiries", own_key(self.tx, enquiry.id), enquiry)
        await self.tx.audit.record(audited)

    async def take(self, enquiry_id: UUID) -> Enquiry | None:
        found: Enquiry | None = self.tx.table("enquiries").pop(own_key(self.tx, enquiry_id), None)
        return found

    async def asked_before(self, at: datetime) -> tuple[Enquiry, ...]:
        found = [one for one in own_rows(self.tx, "enquiries") if one.asked_at < at]
        return tuple(sorted(found, key=lambda one: (one.asked_at, one.id)))


@define
class MemoryPersonDirectory(PersonDirectory):
    """From the practice's lists of clients and staff."""

    tx: MemoryTransaction

    async def unregistered_client(self, email: str, born: date) -> UUID | None:
        taken = {one.client_id for one in own_rows(self.tx, "accounts") if one.status != "closed"}
        found = [one for one in self._people("clients") if (one.email, one.born) == (email, born)]
        if len(found) != 1 or found[0].status != "active" or found[0].id in taken:
            return None
        client_id: UUID = found[0].id
        return client_id

    async def unregistered_staff(self, email: str) -> UUID | None:
        taken = {one.staff_id for one in own_rows(self.tx, "accounts") if one.status != "closed"}
        found = (one.id for one in self._people("staff") if one.email == email and one.active)
        return next((one for one in found if one not in taken), None)

    async def works_here(self, staff_id: UUID) -> bool:
        return any(one.id == staff_id and one.active for one in self._people("staff"))

    async def names(self, account: Account) -> tuple[str, ...]:
        for one in self._people("clients"):
            if one.id == account.client_id:
                return tuple(name for name in (one.given_name, one.family_name, one.chosen_name) if name)
        for one in self._people("staff"):
            if one.id == account.staff_id:
                return (one.name,)
        return ()

    def _people(self, table: str) -> list[Any]:
        return [one for one in self.tx.table(table).values() if one.practice_id == self.tx.practice_id]
