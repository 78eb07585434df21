"""The contract suites of accounts on PostgreSQL."""

import pytest_asyncio

from tests.support.accounts_postgres import PostgresWorld
from tests.support.contracts.accounts import AccountsContract, PersonDirectoryContract, SignInBookContract
from tests.support.contracts.sessions import LiveSessionsContract, SessionsContract
from tests.support.postgres import PortalDatabase


@pytest_asyncio.fixture
async def world(shared_database: PortalDatabase) -> PostgresWorld:
    return await PostgresWorld.new(shared_database)


class TestPostgresAccounts(AccountsContract): ...


class TestPostgresPersonDirectory(PersonDirectoryContract): ...


class TestPostgresSignInBook(SignInBookContract): ...


class TestPostgresSessions(SessionsContract): ...


class TestPostgresLiveSessions(LiveSessionsContract): ...
