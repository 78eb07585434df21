"""Guards, challenges, second factors and email requests in memory."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from attrs import define

from adapters.memory.engine.repository import MemoryRows
from adapters.memory.engine.row_visibility import portal_user, reaches
from adapters.memory.engine.rows import own_key, own_rows
from adapters.memory.engine.store import MemoryTransaction
from portal_core.accounts.model import Account, Challenge, EmailRequest, SecondFactor
from portal_core.accounts.password_policy import date_of_birth_words
from portal_core.accounts.ports import (
    Challenges,
    EmailRequests,
    PersonDirectory,
    SecondFactorRecords,
    SignInGuards,
)
from portal_core.accounts.sign_in_guard import SignInGuard
from portal_core.kernel.audit import AuditEntry


@define
class MemorySignInGuards(SignInGuards):
    """Units run one at a time in memory, so reading locks."""

    tx: MemoryTransaction

    async def lock(self, key: bytes) -> SignInGuard:
        assert not portal_user(self.tx), "a client or proxy reached the attempts to sign in"
        found: SignInGuard | None = self.tx.table("sign_in_guards").get((self.tx.practice_id, key))
        return found or SignInGuard(self.tx.practice_id, key)

    async def save(self, guard: SignInGuard) -> None:
        self.tx.table("sign_in_guards")[self.tx.practice_id, guard.key] = guard


@define
class MemoryChallenges(Challenges):
    """Challenges by the hash of their token."""

    tx: MemoryTransaction

    async def add(self, challenge: Challenge) -> None:
        self.tx.insert("challenges", own_key(self.tx, challenge.id), challenge)

    async def find(self, token_hash: bytes) -> Challenge | None:
        return next((one for one in own_rows(self.tx, "challenges") if one.token_hash == token_hash), None)

    async def save(self, challenge: Challenge) -> None:
        self.tx.save("challenges", own_key(self.tx, challenge.id), challenge)


@define
class MemorySecondFactorRecords(SecondFactorRecords):
    """One row per account."""

    tx: MemoryTransaction

    async def lock(self, account_id: UUID) -> SecondFactor:
        found: SecondFactor | None = self.tx.table("second_factors").get(own_key(self.tx, account_id))
        return found if found is not None and reaches(self.tx, account_id) else self._none(account_id)

    async def save(self, second_factor: SecondFactor, audit_entry: AuditEntry) -> None:
        assert reaches(self.tx, second_factor.account_id), "a use case wrote another holder's second factor"
        self.tx.table("second_factors")[own_key(self.tx, second_factor.account_id)] = second_factor
        await self.tx.audit.record(audit_entry)

    async def remove(self, account_id: UUID, audit_entry: AuditEntry) -> None:
        assert reaches(self.tx, account_id), "a use case removed another holder's second factor"
        self.tx.table("second_factors").pop(own_key(self.tx, account_id), None)
        await self.tx.audit.record(audit_entry)

    def _none(self, account_id: UUID) -> SecondFactor:
        return SecondFactor(account_id, self.tx.practice_id)


@define
class MemoryEmailRequests(MemoryRows[EmailRequest], EmailRequests):
    """Email requests, until they are processed."""

    table = "email_requests"

    async def take(self, email_request_id: UUID) -> EmailRequest | None:
        found: EmailRequest | None = self.tx.table("email_requests").pop(own_key(self.tx, email_request_id), None)
        return found

    async def list_requested_before(self, at: datetime) -> tuple[EmailRequest, ...]:
        found = [one for one in self._rows() if one.requested_at < at]
        return tuple(sorted(found, key=lambda one: (one.requested_at, one.id)))


@define
class MemoryPersonDirectory(PersonDirectory):
    """Reads the practice's clients and staff."""

    tx: MemoryTransaction

    async def find_unregistered_client(self, email: str, date_of_birth: date) -> UUID | None:
        taken = {one.client_id for one in own_rows(self.tx, "accounts") if one.status != "closed"}
        found = [one for one in self._people("clients") if (one.email, one.date_of_birth) == (email, date_of_birth)]
        if len(found) != 1 or found[0].status != "active" or found[0].id in taken:
            return None
        client_id: UUID = found[0].id
        return client_id

    async def find_unregistered_staff(self, email: str) -> UUID | None:
        taken = {one.staff_id for one in own_rows(self.tx, "accounts") if one.status != "closed"}
        found = (one.id for one in self._people("staff") if one.email == email and one.active)
        return next((one for one in found if one not in taken), None)

    async def is_active_staff(self, staff_id: UUID) -> bool:
        return any(one.id == staff_id and one.active for one in self._people("staff"))

    async def password_context(self, account: Account) -> tuple[str, ...]:
        for one in self._people("clients"):
            if one.id == account.client_id:
                names = (name for name in (one.given_name, one.family_name, one.chosen_name) if name)
                return (*names, *date_of_birth_words(one.date_of_birth))
        for one in self._people("staff"):
            if one.id == account.staff_id:
                return (one.name,)
        return ()

    def _people(self, table: str) -> list[Any]:
        return [one for one in self.tx.table(table).values() if one.practice_id == self.tx.practice_id]
