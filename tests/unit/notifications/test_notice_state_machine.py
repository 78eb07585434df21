"""The machine of notices, in memory."""

from tests.support.contracts.notifications.state_machine import NoticeMachine
from tests.unit.notifications.memory_world import MemoryWorld


class MemoryNoticeMachine(NoticeMachine):
    async def make_world(self) -> MemoryWorld:
        return MemoryWorld()


TestNoticeMachine = MemoryNoticeMachine.TestCase
