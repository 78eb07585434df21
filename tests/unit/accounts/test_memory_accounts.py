"""The contract suites of accounts on the memory adapter."""

import pytest

from tests.support.contracts.accounts.accounts import AccountsContract, PersonDirectoryContract, SignInRecordsContract
from tests.support.contracts.accounts.sessions import LiveSessionsContract, SessionsContract
from tests.support.contracts.kernel.unit_of_work import UnitOfWorkContract
from tests.unit.accounts.memory_world import MemoryAccountsWorld


@pytest.fixture
def world() -> MemoryAccountsWorld:
    return MemoryAccountsWorld()


class TestMemoryAccounts(AccountsContract): ...


class TestMemoryPersonDirectory(PersonDirectoryContract): ...


class TestMemorySignInRecords(SignInRecordsContract): ...


class TestMemorySessions(SessionsContract): ...


class TestMemoryLiveSessions(LiveSessionsContract): ...


class TestMemoryUnitOfWork(UnitOfWorkContract): ...
