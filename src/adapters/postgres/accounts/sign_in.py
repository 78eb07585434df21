"""What signing in needs beside accounts and sessions: guards, challenges, second factors, enquiries, the directory."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Date, and_, bindparam, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.accounts.tables import accounts, challenges, enquiries, second_factors, sign_in_guards
from adapters.postgres.engine.columns import insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import clients, staff
from portal_core.accounts.model import Account, Challenge, Enquiry, SecondFactor, SignInGuard
from portal_core.accounts.ports import Challenges, Enquiries, PersonDirectory, SecondFactorBook, SignInGuards
from portal_core.kernel.audit import Audited

_guard = (
    sign_in_guards.c.practice_id == bindparam("practice_id"),
    sign_in_guards.c.key == bindparam("guard_key"),
)
# The row is made before it is locked, so that two first tries stand in line as well.
MAKE_GUARD = statement(
    "guards.make",
    insert(sign_in_guards)
    .values(practice_id=bindparam("practice_id"), key=bindparam("guard_key"), tries=bindparam("tries"), version=0)
    .on_conflict_do_nothing(),
)
LOCK_GUARD = statement(
    "guards.lock",
    select(sign_in_guards.c.tries, sign_in_guards.c.locked_until, sign_in_guards.c.version)
    .where(*_guard)
    .with_for_update(),
)
SAVE_GUARD = statement(
    "guards.save",
    update(sign_in_guards)
    .where(*_guard)
    .values(tries=bindparam("tries"), locked_until=bindparam("locked_until"), version=bindparam("version")),
)

ADD_CHALLENGE = statement("challenges.add", insert_all(challenges))
FIND_CHALLENGE = statement(
    "challenges.find",
    select(
        challenges.c.id,
        challenges.c.practice_id,
        challenges.c.account_id,
        challenges.c.token_hash,
        challenges.c.state,
        challenges.c.kind,
        challenges.c.expires_at,
        challenges.c.tries,
        challenges.c.used_at,
        challenges.c.version,
    )
    .where(challenges.c.practice_id == bindparam("practice_id"), challenges.c.token_hash == bindparam("token_hash"))
    .with_for_update(),
)
SAVE_CHALLENGE = statement(
    "challenges.save",
    update(challenges)
    .where(
        challenges.c.practice_id == bindparam("practice_id"),
        challenges.c.id == bindparam("challenge"),
        challenges.c.version == bindparam("before"),
    )
    .values(tries=bindparam("tries"), used_at=bindparam("used_at"), version=bindparam("version")),
)

_factor = (
    second_factors.c.practice_id == bindparam("practice_id"),
    second_factors.c.account_id == bindparam("account"),
)
MAKE_FACTOR = statement(
    "second_factors.make",
    insert(second_factors)
    .values(
        practice_id=bindparam("practice_id"),
        account_id=bindparam("account"),
        recovery_hashes=bindparam("hashes", type_=second_factors.c.recovery_hashes.type),
        version=0,
    )
    .on_conflict_do_nothing(),
)
LOCK_FACTOR = statement(
    "second_factors.lock",
    select(
        second_factors.c.pending,
        second_factors.c.pending_until,
        second_factors.c.recovery_hashes,
        second_factors.c.version,
    )
    .where(*_factor)
    .with_for_update(),
)
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

ADD_ENQUIRY = statement("enquiries.add", insert_all(enquiries))
TAKE_ENQUIRY = statement(
    "enquiries.take",
    delete(enquiries)
    .where(enquiries.c.practice_id == bindparam("practice_id"), enquiries.c.id == bindparam("id"))
    .returning(enquiries.c.id, enquiries.c.asked, enquiries.c.asked_at),
)
ENQUIRIES_BEFORE = statement(
    "enquiries.asked_before",
    select(enquiries.c.id, enquiries.c.asked, enquiries.c.asked_at)
    .where(enquiries.c.practice_id == bindparam("practice_id"), enquiries.c.asked_at < bindparam("before"))
    .order_by(enquiries.c.asked_at, enquiries.c.id),
)

_no_account = ~exists().where(
    accounts.c.practice_id == clients.c.practice_id, accounts.c.client_id == clients.c.id, accounts.c.status != "closed"
)
# Two rows are enough to know that the email and date of birth do not tell one person from another.
UNREGISTERED_CLIENT = statement(
    "directory.unregistered_client",
    select(clients.c.id, and_(clients.c.status == "active", _no_account))
    .where(
        clients.c.practice_id == bindparam("practice_id"),
        clients.c.email_key == bindparam("email"),
        clients.c.born == bindparam("born", type_=Date()),
    )
    .limit(2),
    across="it looks for whose record this is",
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
WORKS_HERE = statement(
    "directory.works_here",
    select(staff.c.id).where(
        staff.c.practice_id == bindparam("practice_id"), staff.c.id == bindparam("staff_id"), staff.c.active
    ),
)
CLIENT_NAMES = statement(
    "directory.client_names",
    select(clients.c.given_name, clients.c.family_name, clients.c.chosen_name).where(
        clients.c.practice_id == bindparam("practice_id"), clients.c.id == bindparam("client_id")
    ),
)
STAFF_NAMES = statement(
    "directory.staff_names",
    select(staff.c.name).where(staff.c.practice_id == bindparam("practice_id"), staff.c.id == bindparam("staff_id")),
)


@define
class PostgresSignInGuards(SignInGuards):
    """A row for each email that was tried, known or not."""

    tx: Transaction

    async def lock(self, key: bytes) -> SignInGuard:
        row = None
        while row is None:  # it may be forgotten between the two
            await self.tx.execute(MAKE_GUARD, guard_key=key, tries=[])
            row = await self.tx.fetchrow(LOCK_GUARD, guard_key=key)
        return SignInGuard(self.tx.practice_id, key, tuple(row[0]), row[1], row[2])

    async def save(self, guard: SignInGuard) -> None:
        await self.tx.execute(
            SAVE_GUARD,
            guard_key=guard.key,
            tries=list(guard.tries),
            locked_until=guard.locked_until,
            version=guard.version,
        )


@define
class PostgresChallenges(Challenges):
    """The provider's state is sealed with the practice's key."""

    tx: Transaction

    async def add(self, challenge: Challenge) -> None:
        await self.tx.execute(
            ADD_CHALLENGE,
            id=challenge.id,
            account_id=challenge.account_id,
            token_hash=challenge.token_hash,
            state=self.tx.seal_with_practice(challenges.c.state, challenge.id, challenge.state),
            kind=challenge.kind,
            expires_at=challenge.expires_at,
            tries=challenge.tries,
            used_at=challenge.used_at,
            version=challenge.version,
        )

    async def find(self, token_hash: bytes) -> Challenge | None:
        row = await self.tx.fetchrow(FIND_CHALLENGE, token_hash=token_hash)
        if row is None:
            return None
        state = self.tx.unseal_with_practice(challenges.c.state, row[0], row[4])
        return Challenge(row[0], row[1], row[2], row[3], state, row[5], row[6], row[7], row[8], row[9])

    async def save(self, challenge: Challenge) -> None:
        await self.tx.save(
            SAVE_CHALLENGE,
            challenge=challenge.id,
            before=challenge.version - 1,
            tries=challenge.tries,
            used_at=challenge.used_at,
            version=challenge.version,
        )


@define
class PostgresSecondFactors(SecondFactorBook):
    """The handle of an enrolment is sealed with the practice's key; recovery codes are hashes."""

    tx: Transaction

    async def lock(self, account_id: UUID) -> SecondFactor:
        row = None
        while row is None:  # it may be removed between the two
            await self.tx.execute(MAKE_FACTOR, account=account_id, hashes=[])
            row = await self.tx.fetchrow(LOCK_FACTOR, account=account_id)
        pending = None
        if row[0] is not None:
            pending = self.tx.unseal_with_practice(second_factors.c.pending, account_id, row[0])
        return SecondFactor(account_id, self.tx.practice_id, pending, row[1], tuple(row[2]), row[3])

    async def save(self, second_factor: SecondFactor, audited: Audited) -> None:
        account_id, pending = second_factor.account_id, second_factor.pending
        sealed = None
        if pending is not None:
            sealed = self.tx.seal_with_practice(second_factors.c.pending, account_id, pending)
        await self.tx.execute(
            SAVE_FACTOR,
            account=account_id,
            pending=sealed,
            pending_until=second_factor.pending_until,
            recovery_hashes=list(second_factor.recovery_hashes),
            version=second_factor.version,
        )
        self.tx.audited(audited)

    async def remove(self, account_id: UUID, audited: Audited) -> None:
        await self.tx.execute(REMOVE_FACTOR, account=account_id)
        self.tx.audited(audited)


@define
class PostgresEnquiries(Enquiries):
    """Sealed whole with the practice's key, since nobody knows yet whose they are; deleted when taken."""

    tx: Transaction

    async def add(self, enquiry: Enquiry, audited: Audited) -> None:
        asked = {
            "side": enquiry.side,
            "purpose": enquiry.purpose,
            "email": enquiry.email,
            "born": enquiry.born.isoformat() if enquiry.born else None,
        }
        sealed = self.tx.seal_with_practice(enquiries.c.asked, enquiry.id, json.dumps(asked))
        await self.tx.execute(ADD_ENQUIRY, id=enquiry.id, asked=sealed, asked_at=enquiry.asked_at)
        self.tx.audited(audited)

    async def take(self, enquiry_id: UUID) -> Enquiry | None:
        row = await self.tx.fetchrow(TAKE_ENQUIRY, id=enquiry_id)
        return None if row is None else self._enquiry(*row)

    async def asked_before(self, at: datetime) -> tuple[Enquiry, ...]:
        return tuple(self._enquiry(*row) for row in await self.tx.fetch(ENQUIRIES_BEFORE, before=at))

    def _enquiry(self, enquiry_id: UUID, sealed: bytes, asked_at: datetime) -> Enquiry:
        asked: dict[str, Any] = json.loads(self.tx.unseal_with_practice(enquiries.c.asked, enquiry_id, sealed))
        born = date.fromisoformat(asked["born"]) if asked["born"] else None
        return Enquiry(enquiry_id, self.tx.practice_id, asked["side"], asked["purpose"], asked["email"], asked_at, born)


@define
class PostgresPersonDirectory(PersonDirectory):
    """From the practice's lists of clients and staff."""

    tx: Transaction

    async def unregistered_client(self, email: str, born: date) -> UUID | None:
        rows = await self.tx.fetch(UNREGISTERED_CLIENT, email=email, born=born)
        return rows[0][0] if len(rows) == 1 and rows[0][1] else None

    async def unregistered_staff(self, email: str) -> UUID | None:
        rows = await self.tx.fetch(UNREGISTERED_STAFF, email=email)
        return rows[0][0] if rows else None

    async def works_here(self, staff_id: UUID) -> bool:
        return await self.tx.fetchrow(WORKS_HERE, staff_id=staff_id) is not None

    async def names(self, account: Account) -> tuple[str, ...]:
        if account.client_id is not None:
            row = await self.tx.fetchrow(CLIENT_NAMES, client_id=account.client_id)
        elif account.staff_id is not None:
            row = await self.tx.fetchrow(STAFF_NAMES, staff_id=account.staff_id)
        else:
            return ()
        return () if row is None else tuple(name for name in row if name)
