"""The contract suites of accounts on the memory adapter."""

import pytest

from tests.support.contracts.accounts.accounts import AccountsContract, PersonDirectoryContract, SignInBookContract
from tests.support.contracts.accounts.sessions import LiveSessionsContract, SessionsContract
from tests.support.contracts.kernel.unit_of_work import WorkContract
from tests.unit.accounts.memory_world import MemoryWorld


@pytest.fixture
def world() -> MemoryWorld:
    return MemoryWorld()


class TestMemoryAccounts(AccountsContract): ...


class TestMemoryPersonDirectory(PersonDirectoryContract): ...


class TestMemorySignInBook(SignInBookContract): ...


class TestMemorySessions(SessionsContract): ...


class TestMemoryLiveSessions(LiveSessionsContract): ...


class TestMemoryWork(WorkContract): ...
