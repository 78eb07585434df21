"""The machine of notices, in memory."""

from tests.support.contracts.notifications.state_machine import NoticeStateMachine
from tests.unit.notifications.memory_world import MemoryNotificationsWorld


class MemoryNoticeStateMachine(NoticeStateMachine):
    async def make_world(self) -> MemoryNotificationsWorld:
        return MemoryNotificationsWorld()


TestNoticeStateMachine = MemoryNoticeStateMachine.TestCase
