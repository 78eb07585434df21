"""The rules of goals."""

from uuid import UUID, uuid4

import pytest

from portal_core.goals.errors import GoalCompleted
from portal_core.goals.model import MAX_TITLE_LENGTH
from portal_core.goals.use_cases.complete_goal import CompleteGoal, CompleteGoalCommand
from portal_core.goals.use_cases.set_goal import SetGoal, SetGoalCommand
from portal_core.kernel.actor import ProxyActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from tests.support.clock import CountingIds
from tests.unit.goals.test_memory_goals import MemoryGoalsWorld, world

__all__ = ["world"]


def proxy(world: MemoryGoalsWorld, *areas: str, may_write: bool = True) -> ProxyActor:
    return ProxyActor(world.practice_id, uuid4(), world.ann, frozenset(areas), may_write)  # type: ignore[arg-type]


async def set_a_goal(world: MemoryGoalsWorld) -> UUID:
    set_goal = SetGoal(world.begin, world.clock, CountingIds(5))
    return (await set_goal(world.as_client(world.ann), SetGoalCommand("  Walk every day "))).id


async def test_a_goal_is_completed_once(world: MemoryGoalsWorld) -> None:
    ann, goal_id = world.as_client(world.ann), await set_a_goal(world)
    complete = CompleteGoal(world.begin, world.clock)
    with pytest.raises(StaleVersion):
        await complete(ann, CompleteGoalCommand(goal_id, 2))
    completed = await complete(ann, CompleteGoalCommand(goal_id, 1))
    assert (completed.title, completed.completed_at, completed.version) == ("Walk every day", world.clock.now(), 2)
    with pytest.raises(GoalCompleted):
        await complete(ann, CompleteGoalCommand(goal_id, 2))


async def test_only_the_client_completes_a_goal(world: MemoryGoalsWorld) -> None:
    goal_id = await set_a_goal(world)
    complete = CompleteGoal(world.begin, world.clock)
    with pytest.raises(Forbidden):
        await complete(proxy(world, "progress"), CompleteGoalCommand(goal_id, 1))
    with pytest.raises(NotFound):
        await complete(proxy(world, "messages"), CompleteGoalCommand(goal_id, 1))
    assert await world.audit() == ["access.denied", "access.denied", "goal.set"]


@pytest.mark.parametrize("title", ["", "   ", "x" * (MAX_TITLE_LENGTH + 1)])
def test_a_blank_or_long_title_is_refused(title: str) -> None:
    with pytest.raises(Invalid):
        SetGoalCommand(title)
