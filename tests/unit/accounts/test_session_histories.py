"""The session histories on the memory adapter."""

import pytest

from tests.support.contracts.accounts.session_histories import SessionHistoriesContract
from tests.unit.accounts.memory_world import MemoryAccountsWorld


@pytest.fixture
def world() -> MemoryAccountsWorld:
    return MemoryAccountsWorld()


class TestMemorySessionHistories(SessionHistoriesContract): ...
