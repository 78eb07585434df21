"""The contracts, in memory."""

import pytest

from tests.support.contracts.notifications.delivery import DeliveryContract
from tests.support.contracts.notifications.notices import InboxContract, NoticesContract, SettingsContract
from tests.support.contracts.notifications.recipients import RecipientsContract
from tests.unit.notifications.memory_world import MemoryNotificationsWorld


@pytest.fixture
def world() -> MemoryNotificationsWorld:
    return MemoryNotificationsWorld()


class TestMemoryNotices(NoticesContract):
    pass


class TestMemoryInbox(InboxContract):
    pass


class TestMemorySettings(SettingsContract):
    pass


class TestMemoryRecipients(RecipientsContract):
    pass


class TestMemoryDelivery(DeliveryContract):
    pass
