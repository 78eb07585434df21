"""A practice in memory."""

import pytest

from tests.unit.accounts.memory_world import MemoryAccountsWorld


@pytest.fixture
def world() -> MemoryAccountsWorld:
    return MemoryAccountsWorld()
