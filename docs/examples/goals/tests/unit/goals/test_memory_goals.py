"""The memory adapter fulfills the contract of goals."""

from uuid import UUID

import pytest
from attrs import define, field

from adapters.memory.engine.store import MemoryBegin, MemoryStore
from adapters.memory.unit_of_work import MemoryUnitOfWork
from tests.support.clock import FixedClock
from tests.support.contracts.goals.goals import GoalsContract, GoalsWorld


@define
class MemoryGoalsWorld(GoalsWorld):
    practice_id: UUID
    ann: UUID
    bob: UUID
    clock: FixedClock = field(factory=FixedClock)
    store: MemoryStore = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        self.begin = MemoryBegin(self.store, MemoryUnitOfWork)

    async def audit(self) -> list[str]:
        return sorted(row.entry.action for row in self.store.audit)


@pytest.fixture
def world() -> MemoryGoalsWorld:
    return MemoryGoalsWorld(UUID(int=10), UUID(int=11), UUID(int=12))


class TestMemoryGoals(GoalsContract): ...
