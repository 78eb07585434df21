"""A copy of the database without the master key tells nobody a code, even if each possible code is tried."""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest_asyncio
from attrs import define
from sqlalchemy import Column, LargeBinary, Table

from adapters.local.identity import LocalMailedCodes
from adapters.local.password_hashes import PasswordHashes
from adapters.local.sources import SystemTokens
from adapters.postgres.accounts.local_identities import PostgresIdentities
from adapters.postgres.engine.metadata import metadata
from portal_core.accounts.email_change import EMAIL_CHANGE_LIFETIME, EmailChange
from portal_core.accounts.identity_provider import Credential
from portal_core.accounts.invitations import INVITATION_LIFETIME, Invitation
from portal_core.accounts.tokens import generate_recovery_codes, hash_recovery_code
from portal_core.kernel.actor import Actor, Origin, SystemActor
from portal_core.kernel.idempotency import IdempotentRequest
from portal_core.notifications.safe_email import SafeEmailVerification
from portal_core.notifications.use_cases.mail_code import MailCodeCommand
from tests.support.accounts.postgres_world import PostgresAccountsWorld
from tests.support.contracts.accounts.world import AUDIT_ENTRY
from tests.support.engine.postgres import PortalDatabase

ANN, NEW = "ann@example.org", "new@example.org"
SPACE = tuple(f"K0DE0{number:03d}" for number in range(100))
"""Every code that could have been generated."""


@define
class FewCodes(SystemTokens):
    """Takes codes from the space, the last ones first."""

    left: int = len(SPACE)

    def code(self) -> str:
        self.left -= 1
        return SPACE[self.left]


@pytest_asyncio.fixture
async def world(database: PortalDatabase) -> PostgresAccountsWorld:
    return await PostgresAccountsWorld.create(database)


async def _write_codes(world: PostgresAccountsWorld) -> dict[str, tuple[UUID, bytes]]:
    """Store a code of every kind. Returns of each sealed column what its row is bound to, and the digest in it."""
    tokens, now = FewCodes(), world.clock.now()
    account = await world.account(ANN)
    client = await world.add_client()
    invitation = Invitation(
        world.ids.new(), world.practice_id, "client", NEW, now, now + INVITATION_LIFETIME, client
    ).issue(tokens.code(), now)
    change = EmailChange(
        world.ids.new(), world.practice_id, account.id, ANN, NEW, now, now + EMAIL_CHANGE_LIFETIME
    ).issue(tokens.code())
    proof = SafeEmailVerification.started(account.id, world.ids.new(), NEW, now, None)
    recovery = hash_recovery_code(SPACE[0] * 3)
    async with world.begin(world.system) as unit:
        await unit.invitations.add(invitation, AUDIT_ENTRY)
        await unit.email_changes.add(change, AUDIT_ENTRY)
        await unit.notification_settings.save_verification(proof, AUDIT_ENTRY)
        proof = proof.issue(tokens.code())
        await unit.notification_settings.save_verification(proof, AUDIT_ENTRY)
        factor = await unit.second_factors.lock(account.id)
        others = tuple(map(hash_recovery_code, generate_recovery_codes(SystemTokens())))
        await unit.second_factors.save(factor.with_recovery_codes((*others, recovery)), AUDIT_ENTRY)
        await unit.commit(None)

    async def no_mail(actor: Actor, command: MailCodeCommand) -> str:
        return ""

    store = PostgresIdentities(world.database.pool, world.database.keys)
    mailed = LocalMailedCodes(store, PasswordHashes(), no_mail, world.clock, world.ids, tokens)
    await mailed.send(Credential.of(account), "reset_password")
    request = IdempotentRequest("takeCode", "key", hashlib.sha256(SPACE[1].encode()).digest())
    async with world.begin(SystemActor(world.practice_id, "job", Origin(idempotent_request=request))) as unit:
        await unit.commit("done")
    return {
        "invitations.code_hash": (invitation.id, invitation.code_hash or b""),
        "email_changes.code_hash": (change.id, change.code_hash or b""),
        "safe_email_verifications.code_hash": (proof.id, proof.code_hash or b""),
        "second_factors.recovery_hashes": (account.id, recovery),
    }


def _guesses(ids: set[str]) -> Iterator[bytes]:
    """What an attacker looks for: every code in plain, and under each hash, with each id that is in the database."""
    for code in SPACE:
        texts = [code, code * 3, *(f"{one} {code}" for one in ids)]
        for one in ids:
            texts += ["\0".join((one, "portal", email, "reset_password", code)) for email in (ANN, NEW)]
        for text in texts:
            plain = text.encode()
            yield plain
            for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b"):
                yield hashlib.new(name, plain, usedforsecurity=False).digest()


def _binary(world: PostgresAccountsWorld) -> Iterator[tuple[Column[Any], bytes]]:
    for table in metadata.tables.values():
        for column in table.c:
            if isinstance(column.type, LargeBinary):
                yield from ((column, bytes(value)) for value in _values(world, table, column) if value is not None)


def _values(world: PostgresAccountsWorld, table: Table, column: Column[Any]) -> list[Any]:
    rows = world.database.owner.execute(f'SELECT "{column.name}" FROM portal.{table.name}'.encode()).fetchall()
    return [value for (value,) in rows]


def _whole_copy(world: PostgresAccountsWorld) -> bytes:
    """Everything in every table of the portal and of its jobs, in one piece."""
    tables = [f"portal.{table.name}" for table in metadata.tables.values()] + ["jobs.procrastinate_jobs"]
    rows = (row for name in tables for row in world.database.owner.execute(f"SELECT t::text FROM {name} t".encode()))
    text = "\n".join(str(row[0]) for row in rows)
    return b"\n".join([text.encode(), *(value for _, value in _binary(world))])


def _ids(world: PostgresAccountsWorld) -> set[str]:
    found = set[str]()
    for table in metadata.tables.values():
        for name in {"id", "account_id", "practice_id"} & set(table.c.keys()):
            found |= {str(value) for value in _values(world, table, table.c[name]) if value is not None}
    return found


async def test_trying_every_code_finds_none_in_a_copy_without_the_key(world: PostgresAccountsWorld) -> None:
    written = await _write_codes(world)
    copy, ids = _whole_copy(world), _ids(world)
    guesses = set(_guesses(ids))
    assert {digest for _, digest in written.values()} <= guesses
    found = [guess for guess in guesses if guess in copy or guess.hex().encode() in copy]
    assert found == []


async def test_with_the_key_the_same_guesses_are_found(world: PostgresAccountsWorld) -> None:
    """Shows that the test above looks for the right digests, in all columns that hold them."""
    written = await _write_codes(world)
    cipher = await world.database.keys.practice(world.database.pool, world.practice_id)
    opened = {
        name: cipher.open(value, f"{name}/{written[name][0]}")
        for column, value in _binary(world)
        if (name := f"{column.table.name}.{column.name}") in written
    }
    assert opened.keys() == written.keys()
    for name, (_, digest) in written.items():
        assert digest.hex().encode() in opened[name]
