"""Goals: the repositories in memory."""

from collections.abc import Callable

from adapters.memory.goals import MemoryGoals
from adapters.memory.store import MemoryTransaction, MemoryUnit, repository
from portal_core.goals.ports import GoalsUnit


class MemoryGoalsUnit(MemoryUnit):
    """Over one transaction."""

    goals = repository(MemoryGoals)


UNIT: Callable[[MemoryTransaction], GoalsUnit] = MemoryGoalsUnit
