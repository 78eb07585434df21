"""The session histories on the memory adapter."""

import pytest

from tests.support.contracts.accounts.session_histories import SessionHistoriesContract
from tests.unit.accounts.memory_world import MemoryWorld


@pytest.fixture
def world() -> MemoryWorld:
    return MemoryWorld()


class TestMemorySessionHistories(SessionHistoriesContract): ...
