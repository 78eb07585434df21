"""Rows with a retention period are deleted after it, and nothing else is."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from attrs import evolve

from adapters.local.identity import LocalMailedCodes, LocalPasswords
from adapters.local.mail import CapturedMail
from adapters.local.password_hashes import PasswordHashes
from adapters.local.sources import SystemTokens
from adapters.postgres.accounts.local_identities import PostgresIdentities
from adapters.postgres.engine.limits import PostgresRateLimits
from adapters.postgres.engine.maintenance import PostgresMaintenance, forgotten, retention
from adapters.postgres.engine.metadata import metadata
from adapters.postgres.notifications.captured_mail import PostgresCapturedMailStore
from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.identity_provider import Credential
from portal_core.accounts.invitations import Invitation
from portal_core.accounts.model import Challenge, EmailRequest
from portal_core.files.download_link import DownloadLink
from portal_core.kernel.actor import Actor, ClientActor, Origin, SystemActor
from portal_core.kernel.errors import RateLimited
from portal_core.kernel.idempotency import IdempotentRequest
from portal_core.kernel.limits import Limit
from portal_core.notifications.safe_email import VERIFICATION_TTL, SafeEmailVerification
from portal_core.notifications.use_cases.mail_code import MailCodeCommand
from tests.support.accounts.postgres_world import PostgresAccountsWorld
from tests.support.contracts.accounts.world import AUDIT_ENTRY
from tests.support.contracts.files.files import add_file, begin_files
from tests.support.engine.postgres import PortalDatabase

ANN = "ann@example.org"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest_asyncio.fixture
async def world(database: PortalDatabase) -> PostgresAccountsWorld:
    """At a time that has passed by the server's clock as well, however far a test advances it."""
    world = await PostgresAccountsWorld.create(database)
    world.clock.at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=400)
    for month in range(14):
        at = world.clock.at + timedelta(days=31 * month)
        database.owner.execute("SELECT portal.create_audit_partition(%s)", (at.date(),))
    return world


def _retention(world: PostgresAccountsWorld) -> PostgresMaintenance:
    return PostgresMaintenance(world.database.pool, world.clock)


def _count(world: PostgresAccountsWorld, table: str) -> int:
    row = world.database.owner.execute(f"SELECT count(*) FROM portal.{table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


async def _fill(world: PostgresAccountsWorld, table: str) -> None:
    """Insert two rows, of two practices, that end at the clock's current time."""
    for place in (world, await world.other_practice()):
        now = place.clock.now()
        account = await place.account(ANN)
        match table:
            case "sessions":
                session = evolve(place.make_session(account), ends_at=now)
                async with place.begin(place.visitor) as unit:
                    await unit.sessions.add(session, AUDIT_ENTRY)
                    await unit.commit(None)
            case "challenges":
                challenge = Challenge(
                    place.ids.new(), place.practice_id, account.id, place.hashed("c"), "", "cookie", now
                )
                async with place.begin(place.visitor) as unit:
                    await unit.challenges.add(challenge)
                    await unit.commit(None)
            case "email_requests":
                email_request = EmailRequest(place.ids.new(), place.practice_id, "portal", "register", ANN, now)
                async with place.begin(place.visitor) as unit:
                    await unit.email_requests.add(email_request, AUDIT_ENTRY)
                    await unit.commit(None)
            case "idempotent_responses":
                place.clock.advance(-timedelta(hours=24))
                origin = Origin(idempotent_request=IdempotentRequest("makeThing", "key", b"digest"))
                async with place.begin(SystemActor(place.practice_id, "job", origin)) as unit:
                    await unit.commit("made")
                place.clock.advance(timedelta(hours=24))
            case "safe_email_verifications":
                verification = SafeEmailVerification.started(
                    account.id, place.ids.new(), ANN, now - VERIFICATION_TTL, None
                )
                async with place.begin(SystemActor(place.practice_id, "job")) as unit:
                    await unit.notification_settings.save_verification(verification, AUDIT_ENTRY)
                    await unit.commit(None)
            case "former_practice_keys":
                place.database.owner.execute(
                    "INSERT INTO portal.former_practice_keys VALUES (%s, 'wrapped', 'key-1', %s)",
                    (place.practice_id, now),
                )
            case "download_links":
                link = DownloadLink(
                    id=place.ids.new(),
                    practice_id=place.practice_id,
                    client_id=(client_id := await place.add_client()),
                    account_id=account.id,
                    session_id=None,
                    grant_id=None,
                    file_id=(await add_file(place, client_id, "clean")).id,
                    token_hash=place.hashed("link"),
                    in_page=False,
                    expires_at=now,
                )
                actor = ClientActor(place.practice_id, account.id, client_id)
                async with begin_files(place)(actor) as unit:
                    await unit.download_links.add(link, AUDIT_ENTRY)
                    await unit.commit(None)
            case "captured_mail":
                mail = CapturedMail(place.ids.new(), now, "email", place.ids.new(), ANN, "", "Code", "CODE0001")
                await PostgresCapturedMailStore(place.database.pool).keep(mail)
            case "rate_limit_attempts":
                limits = PostgresRateLimits(place.database.pool, place.clock)
                place.clock.advance(-MINUTE)
                await limits.take(place.practice_id, Limit("t", 1, MINUTE), "key")
                place.clock.advance(MINUTE)
            case "identities":
                place.clock.advance(-timedelta(hours=24))
                await _codes(place).send(Credential.of(account), "verify_email")
                place.clock.advance(timedelta(hours=24))


def _codes(world: PostgresAccountsWorld) -> LocalMailedCodes:
    async def no_mail(actor: Actor, command: MailCodeCommand) -> str:
        return ""

    store = PostgresIdentities(world.database.pool, world.database.keys)
    return LocalMailedCodes(store, PasswordHashes(), no_mail, world.clock, world.ids, SystemTokens())


@pytest.mark.parametrize("table", retention())
async def test_rows_are_deleted_after_their_retention_period(world: PostgresAccountsWorld, table: str) -> None:
    await _fill(world, table)
    _, kept = retention()[table]
    world.clock.advance(kept)
    await _retention(world).delete_expired()
    assert _count(world, table) == 2
    world.clock.advance(SECOND)
    await _retention(world).delete_expired()
    assert _count(world, table) == 0
    assert _count(world, "accounts") == 2


@pytest.mark.parametrize("table", retention())
def test_expired_rows_are_found_by_an_index(table: str) -> None:
    column, _ = retention()[table]
    of_practice = ["practice_id"] if "practice_id" in metadata.tables[f"portal.{table}"].c else []
    indexes = [[one.name for one in index.columns] for index in metadata.tables[f"portal.{table}"].indexes]
    wanted = [*of_practice, column]
    assert any(index[: len(wanted)] == wanted for index in indexes)


@pytest.mark.parametrize("table", forgotten())
async def test_what_is_of_no_use_is_emptied_and_its_row_stays(world: PostgresAccountsWorld, table: str) -> None:
    column, ended = forgotten()[table]
    until = {place.practice_id: await _fill_forgotten(place, table) for place in (world, await world.other_practice())}
    filled = f"{table} WHERE {column} IS NOT NULL"
    assert _count(world, filled) == 2
    world.clock.at = max(until.values())
    await _retention(world).delete_expired()
    assert _count(world, filled) == 2
    world.clock.advance(SECOND)
    await _retention(world).delete_expired()
    assert _count(world, filled) == 0
    assert _count(world, f"{table} WHERE {ended} IS NOT NULL") == 2


async def _fill_forgotten(world: PostgresAccountsWorld, table: str) -> datetime:
    """Insert a row whose column is set; returns until when."""
    account, now, hour = await world.account(ANN), world.clock.now(), timedelta(hours=1)
    async with world.begin(world.system) as unit:
        match table:
            case "invitations":
                client = await world.add_client()
                invitation = Invitation(world.ids.new(), world.practice_id, "client", ANN, now, now + hour, client)
                await unit.invitations.add(invitation.issue("CODE0001", now), AUDIT_ENTRY)
                until = invitation.expires_at
            case "email_changes":
                change = EmailChange(world.ids.new(), world.practice_id, account.id, ANN, ANN, now, now + hour)
                await unit.email_changes.add(change.issue("CODE0001"), AUDIT_ENTRY)
                until = change.expires_at
            case "second_factors":
                factor = (await unit.second_factors.lock(account.id)).start_enrollment("secret", now)
                await unit.second_factors.save(factor, AUDIT_ENTRY)
                assert factor.pending_until is not None
                until = factor.pending_until
            case _:
                pytest.fail(f"nothing is put into {table}")
        await unit.commit(None)
    return until


async def test_credential_with_a_password_is_never_deleted(world: PostgresAccountsWorld) -> None:
    account = await world.account(ANN)
    hashes = PasswordHashes()
    passwords = LocalPasswords(_codes(world).store, hashes, world.clock)
    await passwords.create(Credential.of(account), "correct horse battery")
    hashes.close()
    await _codes(world).send(Credential.of(account), "reset_password")
    world.clock.advance(timedelta(days=365))
    await _retention(world).delete_expired()
    assert _count(world, "identities") == 1


async def test_retention_keeps_active_locks_and_attempts(world: PostgresAccountsWorld) -> None:
    start = world.clock.now()
    async with world.begin(world.visitor) as unit:
        locked = await unit.sign_in_guards.lock(b"locked" * 4)
        for _ in range(5):
            locked = locked.attempt(start)
        await unit.sign_in_guards.save(locked)
        await unit.sign_in_guards.save((await unit.sign_in_guards.lock(b"tried." * 4)).attempt(start))
        await unit.sign_in_guards.lock(b"empty." * 4)
        await unit.commit(None)
    await _retention(world).delete_expired()
    assert _count(world, "sign_in_guards") == 2
    world.clock.advance(timedelta(minutes=15) - SECOND)
    await _retention(world).delete_expired()
    assert _count(world, "sign_in_guards") == 2
    world.clock.advance(SECOND)
    await _retention(world).delete_expired()
    assert _count(world, "sign_in_guards") == 0


async def test_nothing_is_deleted_before_its_time_by_the_server_s_clock(world: PostgresAccountsWorld) -> None:
    """A caller's own idea of the time would delete everybody's sessions."""
    world.clock.at = datetime.now(UTC) + timedelta(minutes=1)
    await _fill(world, "sessions")
    world.clock.advance(timedelta(days=9999))
    await _retention(world).delete_expired()
    assert _count(world, "sessions") == 2


async def test_retention_keeps_counting_attempts(world: PostgresAccountsWorld) -> None:
    limits, limit, practice = PostgresRateLimits(world.database.pool, world.clock), Limit("t", 1, 60 * SECOND), uuid4()
    await limits.take(practice, limit, "key")
    world.clock.advance(59 * SECOND)
    await _retention(world).delete_expired()
    with pytest.raises(RateLimited):
        await limits.take(practice, limit, "key")
    world.clock.advance(2 * SECOND)
    await _retention(world).delete_expired()
    assert _count(world, "rate_limit_attempts") == 0
    await limits.take(practice, limit, "key")


async def test_attempt_counts_while_its_row_is_deleted_concurrently(world: PostgresAccountsWorld) -> None:
    limits, limit, practice = PostgresRateLimits(world.database.pool, world.clock), Limit("t", 1, 60 * SECOND), uuid4()
    await limits.take(practice, limit, "key")
    world.clock.advance(61 * SECOND)
    with world.database.owner.transaction():
        world.database.owner.execute("SELECT portal.delete_expired(%s)", (world.clock.now(),))
        taking = asyncio.create_task(limits.take(practice, limit, "key"))
        await _until_a_lock_is_awaited(world)
    await taking
    with pytest.raises(RateLimited):
        await limits.take(practice, limit, "key")


async def test_guard_is_locked_while_its_row_is_deleted_concurrently(world: PostgresAccountsWorld) -> None:
    async with world.begin(world.visitor) as unit:
        await unit.sign_in_guards.save((await unit.sign_in_guards.lock(b"k" * 32)).attempt(world.clock.now()))
        await unit.commit(None)
    world.clock.advance(timedelta(minutes=15))

    async def attempt() -> int:
        async with world.begin(world.visitor) as unit:
            guard = (await unit.sign_in_guards.lock(b"k" * 32)).attempt(world.clock.now())
            await unit.sign_in_guards.save(guard)
            await unit.commit(None)
            return len(guard.attempts)

    with world.database.owner.transaction():
        world.database.owner.execute("SELECT portal.delete_expired(%s)", (world.clock.now(),))
        trying = asyncio.create_task(attempt())
        await _until_a_lock_is_awaited(world)
    assert await trying == 1
    assert _count(world, "sign_in_guards") == 1


async def _until_a_lock_is_awaited(world: PostgresAccountsWorld) -> None:
    for _ in range(1000):
        waiting = world.database.owner.execute(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
        )
        if waiting.fetchone() is not None:
            return
        await asyncio.sleep(0.01)
    pytest.fail("nobody stood in line")


async def test_audit_partitions_are_created_ahead(world: PostgresAccountsWorld) -> None:
    world.clock.at = world.clock.at.replace(year=2031, month=11, day=30)
    for _ in range(2):
        await _retention(world).create_audit_partitions()
    made = world.database.owner.execute(
        "SELECT relname FROM pg_class WHERE relname LIKE 'audit_entries_203%' AND relkind = 'r' ORDER BY relname"
    ).fetchall()
    assert [name for (name,) in made] == ["audit_entries_2031_11", "audit_entries_2031_12", "audit_entries_2032_01"]
    async with world.begin(SystemActor(world.practice_id, "job")) as unit:
        await unit.audit.record(AUDIT_ENTRY)
        await unit.commit(None)
