"""The contract of every `Goals` adapter. Subclasses provide the fixture `world`."""

from abc import ABC, abstractmethod
from datetime import timedelta
from uuid import UUID

import pytest

from portal_core.goals.model import Goal
from portal_core.goals.ports import GoalsUnit
from portal_core.kernel.actor import Actor, ClientActor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.kernel.page import PageRequest
from portal_core.kernel.uow import Begin
from tests.support.clock import CountingIds, FixedClock

MINUTE = timedelta(minutes=1)


class GoalsWorld(ABC):
    """A practice with two clients and no goals."""

    begin: Begin[GoalsUnit]
    clock: FixedClock
    practice_id: UUID
    ann: UUID
    bob: UUID

    @abstractmethod
    async def audit(self) -> list[str]:
        """The committed audit actions of the practice, sorted."""

    def as_client(self, client_id: UUID) -> ClientActor:
        return ClientActor(self.practice_id, UUID(int=1), client_id)

    async def add(self, actor: Actor, goal: Goal, *, commit: bool = True) -> None:
        async with self.begin(actor) as unit:
            await unit.goals.add(goal, AuditEntry("goal.set", goal.id, record=goal.client_id))
            if commit:
                await unit.commit(None)

    async def get(self, actor: Actor, client_id: UUID, goal_id: UUID) -> Goal | None:
        async with self.begin(actor) as unit:
            return await unit.goals.get(client_id, goal_id)


class GoalsContract:
    """Goals are stored, found again, and visible to their own client only."""

    @pytest.fixture
    def goal(self, world: GoalsWorld) -> Goal:
        return Goal(CountingIds(7).new(), world.ann, "Sleep through, four nights of seven ☾", world.clock.now())

    async def test_a_stored_goal_is_found(self, world: GoalsWorld, goal: Goal) -> None:
        ann = world.as_client(world.ann)
        await world.add(ann, goal)
        assert await world.get(ann, world.ann, goal.id) == goal
        assert await world.get(ann, world.ann, UUID(int=404)) is None

    async def test_another_clients_goal_is_not_found(self, world: GoalsWorld, goal: Goal) -> None:
        await world.add(world.as_client(world.ann), goal)
        bob = world.as_client(world.bob)
        assert await world.get(bob, world.bob, goal.id) is None
        assert await world.get(bob, world.ann, goal.id) is None
        system = SystemActor(world.practice_id, "test")
        assert await world.get(system, world.ann, goal.id) == goal
        assert await world.get(system, world.bob, goal.id) is None

    async def test_a_stale_change_changes_nothing(self, world: GoalsWorld, goal: Goal) -> None:
        ann = world.as_client(world.ann)
        await world.add(ann, goal)
        completed = goal.complete(world.clock.now() + MINUTE, 1)
        audit_entry = AuditEntry("goal.completed", goal.id, record=world.ann)
        async with world.begin(ann) as unit:
            await unit.goals.save(completed, audit_entry)
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(ann) as unit:
                await unit.goals.save(completed, audit_entry)
        assert await world.get(ann, world.ann, goal.id) == completed
        assert await world.audit() == ["goal.completed", "goal.set"]

    async def test_without_commit_nothing_is_stored(self, world: GoalsWorld, goal: Goal) -> None:
        ann = world.as_client(world.ann)
        await world.add(ann, goal, commit=False)
        assert await world.get(ann, world.ann, goal.id) is None
        assert await world.audit() == []

    async def test_pages_are_newest_first_and_complete(self, world: GoalsWorld) -> None:
        ann, ids = world.as_client(world.ann), CountingIds(7)
        stored = [Goal(ids.new(), world.ann, f"Goal {number}", world.clock.now()) for number in range(5)]
        for goal in stored:
            await world.add(ann, goal)
        seen, after = list[Goal](), ""
        while True:
            async with world.begin(ann) as unit:
                result = await unit.goals.page(world.ann, PageRequest(after, 2))
            seen += result.items
            if not (after := result.next):
                break
        assert seen == stored[::-1]

    async def test_an_invalid_cursor_is_refused(self, world: GoalsWorld) -> None:
        with pytest.raises(Invalid):
            async with world.begin(world.as_client(world.ann)) as unit:
                await unit.goals.page(world.ann, PageRequest("no cursor"))
