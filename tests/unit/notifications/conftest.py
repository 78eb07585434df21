"""Somebody whose notices are looked at, in a world of their own."""

import pytest

from tests.unit.notifications.account_holder import SettingsOwner
from tests.unit.notifications.memory_world import MemoryNotificationsWorld


@pytest.fixture
def world() -> MemoryNotificationsWorld:
    return MemoryNotificationsWorld()


@pytest.fixture
async def holder(world: MemoryNotificationsWorld) -> SettingsOwner:
    return await SettingsOwner(world).sign_up()
