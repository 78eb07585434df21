"""The accounts contract suites on PostgreSQL, and tests that need many concurrent connections."""

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio

from adapters.local.password_strength import ZxcvbnStrength
from adapters.memory.accounts.identity_provider import MemoryMailedCodes, MemoryPasswords, MemoryPool
from adapters.memory.engine.limits import MemoryRateLimits
from portal_core.accounts.errors import SignInLocked
from portal_core.accounts.identity_provider import Credential, MailedCodePurpose
from portal_core.accounts.model import EmailRequest
from portal_core.accounts.session_factory import SessionFactory
from portal_core.accounts.sign_in_guard import LOCK_AFTER_ATTEMPTS
from portal_core.accounts.use_cases.finish_password_resets import STALE_RESET_AGE, FinishPasswordResets
from portal_core.accounts.use_cases.refresh_session import RefreshSession, RefreshSessionCommand
from portal_core.accounts.use_cases.reset_password import ResetPassword, ResetPasswordCommand
from portal_core.kernel.errors import Unauthenticated
from tests.support.accounts.postgres_world import PostgresAccountsWorld
from tests.support.clock import CountingTokens
from tests.support.contracts.accounts.accounts import AccountsContract, PersonDirectoryContract, SignInRecordsContract
from tests.support.contracts.accounts.session_histories import NamedTokens, SessionHistoriesContract
from tests.support.contracts.accounts.sessions import LiveSessionsContract, SessionsContract
from tests.support.contracts.accounts.world import AUDIT_ENTRY
from tests.support.contracts.kernel.unit_of_work import UnitOfWorkContract
from tests.support.engine.postgres import PortalDatabase

ANN = "ann@example.org"


@pytest_asyncio.fixture
async def world(shared_database: PortalDatabase) -> PostgresAccountsWorld:
    return await PostgresAccountsWorld.create(shared_database)


class TestPostgresAccounts(AccountsContract): ...


class TestPostgresPersonDirectory(PersonDirectoryContract): ...


class TestPostgresSignInBook(SignInRecordsContract): ...


class TestPostgresSessions(SessionsContract): ...


class TestPostgresLiveSessions(LiveSessionsContract): ...


class TestPostgresUnitOfWork(UnitOfWorkContract): ...


class TestPostgresSessionHistories(SessionHistoriesContract): ...


async def test_concurrent_sign_ins_respect_lockout(world: PostgresAccountsWorld) -> None:
    """Even the first attempts for an email, which have no row yet to lock."""

    async def attempt() -> bool:
        try:
            async with world.begin(world.visitor) as unit:
                guard = await unit.sign_in_guards.lock(world.hashed("key"))
                await unit.sign_in_guards.save(guard.attempt(world.clock.now()))
                await unit.commit(None)
        except SignInLocked:
            return False
        return True

    decided = await asyncio.gather(*(attempt() for _ in range(20)))
    assert decided.count(True) == LOCK_AFTER_ATTEMPTS


async def test_concurrent_refreshes_with_one_token_get_the_same_answer(world: PostgresAccountsWorld) -> None:
    account = await world.account(ANN)
    tokens = NamedTokens(str(world.practice_id))
    opening = SessionFactory(world.clock, world.ids, tokens)
    async with world.begin(world.visitor) as unit:
        opened = await opening.open(unit, account, kind="bearer", multi_factor=False, origin=world.visitor.origin)
        await unit.commit(None)
    refresh = RefreshSession(world.begin, world.clock, tokens, MemoryRateLimits(world.clock))
    command = RefreshSessionCommand(opened.refresh_token)
    one, other = await asyncio.gather(*(refresh(world.visitor, command) for _ in range(2)))
    assert (one.access_token, one.refresh_token) == (other.access_token, other.refresh_token)
    world.clock.advance(timedelta(seconds=11))
    with pytest.raises(Unauthenticated):
        await refresh(world.visitor, command)
    async with world.begin(world.system) as unit:
        assert await unit.sessions.list_open(account.id, world.clock.now()) == ()


async def test_email_request_is_taken_once_concurrently(world: PostgresAccountsWorld) -> None:
    email_request = EmailRequest(world.ids.new(), world.practice_id, "portal", "register", ANN, world.clock.now())
    async with world.begin(world.visitor) as unit:
        await unit.email_requests.add(email_request, AUDIT_ENTRY)
        await unit.commit(None)

    async def take() -> EmailRequest | None:
        async with world.begin(world.system) as unit:
            found: EmailRequest | None = await unit.email_requests.take(email_request.id)
            await unit.commit(None)
            return found

    taken = await asyncio.gather(*(take() for _ in range(4)))
    assert [one for one in taken if one is not None] == [email_request]


class MailedCodesLosingAnswers(MemoryMailedCodes):
    """Redeems the code, then loses the response."""

    async def redeem(self, credential: Credential, purpose: MailedCodePurpose, code: str, password: str) -> bool:
        await super().redeem(credential, purpose, code, password)
        raise ConnectionError


@pytest.mark.parametrize("right", [True, False])
async def test_interrupted_reset_ends_sessions_if_the_password_was_set(
    world: PostgresAccountsWorld, right: bool
) -> None:
    account, tokens = await world.account(ANN), NamedTokens(str(world.practice_id))
    async with world.begin(world.visitor) as unit:
        opening = SessionFactory(world.clock, world.ids, tokens)
        await opening.open(unit, account, kind="bearer", multi_factor=False, origin=world.visitor.origin)
        await unit.commit(None)
    pool = MemoryPool(world.clock, CountingTokens())
    codes = MailedCodesLosingAnswers(pool)
    await codes.send(Credential.of(account), "reset_password")
    code = pool.mailbox[-1].code if right else "WRONG"
    limits = MemoryRateLimits(world.clock)
    reset = ResetPassword(world.begin, world.clock, world.ids, codes, ZxcvbnStrength(), limits)
    with pytest.raises(ConnectionError):
        await reset(world.visitor, ResetPasswordCommand(ANN, code, "staple entirely anew"))
    world.clock.advance(STALE_RESET_AGE + timedelta.resolution)
    await FinishPasswordResets(world.begin, world.clock, MemoryPasswords(pool))(world.system)
    async with world.begin(world.system) as unit:
        assert (await unit.sessions.list_open(account.id, world.clock.now()) == ()) is right
        assert await unit.email_requests.list_requested_before(world.clock.now()) == ()
