"""Somebody whose notices are looked at, in a world of their own."""

import pytest

from tests.unit.notifications.account_holder import Holder
from tests.unit.notifications.memory_world import MemoryWorld


@pytest.fixture
def world() -> MemoryWorld:
    return MemoryWorld()


@pytest.fixture
async def holder(world: MemoryWorld) -> Holder:
    return await Holder(world).move_in()
