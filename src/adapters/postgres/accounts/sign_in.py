"""Guards, challenges, second factors, email requests and the person directory in PostgreSQL."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Date, and_, bindparam, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.accounts.tables import accounts, challenges, email_requests, second_factors, sign_in_guards
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import clients, staff
from portal_core.accounts.model import Account, Challenge, EmailRequest, SecondFactor
from portal_core.accounts.password_policy import date_of_birth_words
from portal_core.accounts.ports import Challenges, EmailRequests, PersonDirectory, SecondFactorRecords, SignInGuards
from portal_core.accounts.sign_in_guard import SignInGuard
from portal_core.kernel.audit import AuditEntry

_GUARD = entity(SignInGuard, sign_in_guards, attempts=(sign_in_guards.c.attempts,))
_guard = (
    sign_in_guards.c.practice_id == bindparam("practice_id"),
    sign_in_guards.c.key == bindparam("key"),
)
# The row is created before it is locked, so that two concurrent first attempts are serialized as well.
MAKE_GUARD = statement(
    "guards.make",
    insert(sign_in_guards)
    .values(practice_id=bindparam("practice_id"), key=bindparam("key"), attempts=bindparam("attempts"), version=0)
    .on_conflict_do_nothing(),
)
LOCK_GUARD = statement("guards.lock", select(*_GUARD.columns).where(*_guard).with_for_update())
SAVE_GUARD = statement(
    "guards.save",
    update(sign_in_guards)
    .where(*_guard)
    .values(attempts=bindparam("attempts"), locked_until=bindparam("locked_until"), version=bindparam("version")),
)

_CHALLENGE = entity(Challenge, challenges)
ADD_CHALLENGE = statement("challenges.add", insert(challenges))
FIND_CHALLENGE = statement(
    "challenges.find",
    select(*_CHALLENGE.columns)
    .where(challenges.c.practice_id == bindparam("practice_id"), challenges.c.token_hash == bindparam("token_hash"))
    .with_for_update(),
)
SAVE_CHALLENGE = statement("challenges.save", update_version(challenges, "attempts", "used_at"))

_FACTOR = entity(SecondFactor, second_factors)
_factor = (
    second_factors.c.practice_id == bindparam("practice_id"),
    second_factors.c.account_id == bindparam("account_id"),
)
MAKE_FACTOR = statement(
    "second_factors.make",
    insert(second_factors)
    .values(
        practice_id=bindparam("practice_id"),
        account_id=bindparam("account_id"),
        version=0,
    )
    .on_conflict_do_nothing(),
)
LOCK_FACTOR = statement("second_factors.lock", select(*_FACTOR.columns).where(*_factor).with_for_update())
SAVE_FACTOR = statement(
    "second_factors.save",
    update(second_factors)
    .where(*_factor)
    .values(
        pending=bindparam("pending"),
        pending_until=bindparam("pending_until"),
        recovery_hashes=bindparam("recovery_hashes"),
        version=bindparam("version"),
    ),
)
REMOVE_FACTOR = statement("second_factors.remove", delete(second_factors).where(*_factor))

ADD_EMAIL_REQUEST = statement("email_requests.add", insert(email_requests))
TAKE_EMAIL_REQUEST = statement(
    "email_requests.take",
    delete(email_requests)
    .where(email_requests.c.practice_id == bindparam("practice_id"), email_requests.c.id == bindparam("id"))
    .returning(email_requests.c.id, email_requests.c.content, email_requests.c.requested_at),
)
LIST_EMAIL_REQUESTS_BEFORE = statement(
    "email_requests.list_requested_before",
    select(email_requests.c.id, email_requests.c.content, email_requests.c.requested_at)
    .where(
        email_requests.c.practice_id == bindparam("practice_id"), email_requests.c.requested_at < bindparam("before")
    )
    .order_by(email_requests.c.requested_at, email_requests.c.id),
)

_no_account = ~exists().where(
    accounts.c.practice_id == clients.c.practice_id, accounts.c.client_id == clients.c.id, accounts.c.status != "closed"
)
# Two rows are enough to know that the email and date of birth do not identify one person.
UNREGISTERED_CLIENT = statement(
    "directory.unregistered_client",
    select(clients.c.id, and_(clients.c.status == "active", _no_account).label("unregistered"))
    .where(
        clients.c.practice_id == bindparam("practice_id"),
        clients.c.email_key == bindparam("email"),
        clients.c.date_of_birth == bindparam("date_of_birth", type_=Date()),
    )
    .limit(2),
    scope_exemption="it looks for whose record this is",
)
_staff_no_account = ~exists().where(
    accounts.c.practice_id == staff.c.practice_id, accounts.c.staff_id == staff.c.id, accounts.c.status != "closed"
)
UNREGISTERED_STAFF = statement(
    "directory.unregistered_staff",
    select(staff.c.id).where(
        staff.c.practice_id == bindparam("practice_id"),
        staff.c.email_key == bindparam("email"),
        staff.c.active,
        _staff_no_account,
    ),
)
IS_ACTIVE_STAFF = statement(
    "directory.is_active_staff",
    select(staff.c.id).where(
        staff.c.practice_id == bindparam("practice_id"), staff.c.id == bindparam("staff_id"), staff.c.active
    ),
)
CLIENT_CONTEXT = statement(
    "directory.client_password_context",
    select(clients.c.given_name, clients.c.family_name, clients.c.chosen_name, clients.c.date_of_birth).where(
        clients.c.practice_id == bindparam("practice_id"), clients.c.id == bindparam("client_id")
    ),
)
STAFF_CONTEXT = statement(
    "directory.staff_password_context",
    select(staff.c.name).where(staff.c.practice_id == bindparam("practice_id"), staff.c.id == bindparam("staff_id")),
)


@define
class PostgresSignInGuards(SignInGuards):
    """One row per email that was attempted, known or not."""

    tx: Transaction

    async def lock(self, key: bytes) -> SignInGuard:
        row = None
        while row is None:  # it may be deleted between the two statements
            await self.tx.execute(MAKE_GUARD, key=key, attempts=[])
            row = await self.tx.fetchrow(LOCK_GUARD, key=key)
        return _GUARD.of(row, attempts=tuple(row["attempts"]))

    async def save(self, guard: SignInGuard) -> None:
        await self.tx.execute(SAVE_GUARD, **_GUARD.values(guard, attempts=guard.attempts))


@define
class PostgresChallenges(Challenges):
    """The provider's state is encrypted with the practice's key."""

    tx: Transaction

    async def add(self, challenge: Challenge) -> None:
        state = self.tx.seal_with_practice_key(challenges.c.state, challenge.id, challenge.state)
        await self.tx.execute(ADD_CHALLENGE, **_CHALLENGE.values(challenge, state=state))

    async def find(self, token_hash: bytes) -> Challenge | None:
        row = await self.tx.fetchrow(FIND_CHALLENGE, token_hash=token_hash)
        if row is None:
            return None
        state = self.tx.unseal_with_practice_key(challenges.c.state, row["id"], row["state"])
        return _CHALLENGE.of(row, state=state)

    async def save(self, challenge: Challenge) -> None:
        await self.tx.save(SAVE_CHALLENGE, **_CHALLENGE.values(challenge))


@define
class PostgresSecondFactorRecords(SecondFactorRecords):
    """The handle of an enrollment, and the digests of recovery codes, are encrypted with the practice's key."""

    tx: Transaction

    async def lock(self, account_id: UUID) -> SecondFactor:
        row = None
        while row is None:  # it may be removed between the two statements
            await self.tx.execute(MAKE_FACTOR, account_id=account_id)
            row = await self.tx.fetchrow(LOCK_FACTOR, account_id=account_id)
        pending = row["pending"]
        if pending is not None:
            pending = self.tx.unseal_with_practice_key(second_factors.c.pending, account_id, pending)
        hashes = self.tx.unseal_digests(second_factors.c.recovery_hashes, account_id, row["recovery_hashes"])
        return _FACTOR.of(row, pending=pending, recovery_hashes=hashes)

    async def save(self, second_factor: SecondFactor, audit_entry: AuditEntry) -> None:
        pending = None
        if second_factor.pending is not None:
            pending = self.tx.seal_with_practice_key(
                second_factors.c.pending, second_factor.account_id, second_factor.pending
            )
        hashes = self.tx.seal_digests(
            second_factors.c.recovery_hashes, second_factor.account_id, second_factor.recovery_hashes
        )
        values = _FACTOR.values(second_factor, pending=pending, recovery_hashes=hashes)
        await self.tx.execute(SAVE_FACTOR, **values)
        self.tx.add_audit_entry(audit_entry)

    async def remove(self, account_id: UUID, audit_entry: AuditEntry) -> None:
        await self.tx.execute(REMOVE_FACTOR, account_id=account_id)
        self.tx.add_audit_entry(audit_entry)


@define
class PostgresEmailRequests(EmailRequests):
    """Encrypted as a whole with the practice's key, because the person is not known yet; deleted when taken."""

    tx: Transaction

    async def add(self, email_request: EmailRequest, audit_entry: AuditEntry) -> None:
        content = {
            "side": email_request.side,
            "purpose": email_request.purpose,
            "email": email_request.email,
            "date_of_birth": email_request.date_of_birth.isoformat() if email_request.date_of_birth else None,
        }
        sealed = self.tx.seal_with_practice_key(email_requests.c.content, email_request.id, json.dumps(content))
        await self.tx.execute(
            ADD_EMAIL_REQUEST, id=email_request.id, content=sealed, requested_at=email_request.requested_at
        )
        self.tx.add_audit_entry(audit_entry)

    async def take(self, email_request_id: UUID) -> EmailRequest | None:
        row = await self.tx.fetchrow(TAKE_EMAIL_REQUEST, id=email_request_id)
        return None if row is None else self._email_request(row)

    async def list_requested_before(self, at: datetime) -> tuple[EmailRequest, ...]:
        return tuple(self._email_request(row) for row in await self.tx.fetch(LIST_EMAIL_REQUESTS_BEFORE, before=at))

    def _email_request(self, row: Any) -> EmailRequest:
        content: dict[str, Any] = json.loads(
            self.tx.unseal_with_practice_key(email_requests.c.content, row["id"], row["content"])
        )
        date_of_birth = date.fromisoformat(content["date_of_birth"]) if content["date_of_birth"] else None
        return EmailRequest(
            row["id"],
            self.tx.practice_id,
            content["side"],
            content["purpose"],
            content["email"],
            row["requested_at"],
            date_of_birth,
        )


@define
class PostgresPersonDirectory(PersonDirectory):
    """Reads the practice's clients and staff."""

    tx: Transaction

    async def find_unregistered_client(self, email: str, date_of_birth: date) -> UUID | None:
        rows = await self.tx.fetch(UNREGISTERED_CLIENT, email=email, date_of_birth=date_of_birth)
        return rows[0]["id"] if len(rows) == 1 and rows[0]["unregistered"] else None

    async def find_unregistered_staff(self, email: str) -> UUID | None:
        rows = await self.tx.fetch(UNREGISTERED_STAFF, email=email)
        return rows[0]["id"] if rows else None

    async def is_active_staff(self, staff_id: UUID) -> bool:
        return await self.tx.fetchrow(IS_ACTIVE_STAFF, staff_id=staff_id) is not None

    async def password_context(self, account: Account) -> tuple[str, ...]:
        if account.client_id is not None:
            row = await self.tx.fetchrow(CLIENT_CONTEXT, client_id=account.client_id)
            if row is not None:
                names = (row["given_name"], row["family_name"], row["chosen_name"])
                return (*filter(None, names), *date_of_birth_words(row["date_of_birth"]))
        elif account.staff_id is not None:
            row = await self.tx.fetchrow(STAFF_CONTEXT, staff_id=account.staff_id)
            if row is not None:
                return (row["name"],)
        return ()
