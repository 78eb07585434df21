"""The memory repositories of goals."""

from collections.abc import Callable

from adapters.memory.engine.store import MemoryTransaction, MemoryUnit, repository
from adapters.memory.goals.goals import MemoryGoals
from portal_core.goals.ports import GoalsUnit


class MemoryGoalsUnit(MemoryUnit):
    """The repositories over one transaction."""

    goals = repository(MemoryGoals)


UNIT: Callable[[MemoryTransaction], GoalsUnit] = MemoryGoalsUnit
