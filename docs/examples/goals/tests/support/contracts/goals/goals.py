"""What every keeper of goals must do. Subclasses give the fixture `world`."""

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
        """The committed actions of the practice, in the order of the alphabet."""

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
    """Kept, found again, and nobody else's."""

    @pytest.fixture
    def anns(self, world: GoalsWorld) -> Goal:
        return Goal(CountingIds(7).new(), world.ann, "Sleep through, four nights of seven ☾", world.clock.now())

    async def test_what_was_kept_is_found(self, world: GoalsWorld, anns: Goal) -> None:
        ann = world.as_client(world.ann)
        await world.add(ann, anns)
        assert await world.get(ann, world.ann, anns.id) == anns
        assert await world.get(ann, world.ann, UUID(int=404)) is None

    async def test_nobody_elses_is_there(self, world: GoalsWorld, anns: Goal) -> None:
        await world.add(world.as_client(world.ann), anns)
        bob = world.as_client(world.bob)
        assert await world.get(bob, world.bob, anns.id) is None
        assert await world.get(bob, world.ann, anns.id) is None
        system = SystemActor(world.practice_id, "test")
        assert await world.get(system, world.ann, anns.id) == anns
        assert await world.get(system, world.bob, anns.id) is None

    async def test_a_stale_change_changes_nothing(self, world: GoalsWorld, anns: Goal) -> None:
        ann = world.as_client(world.ann)
        await world.add(ann, anns)
        done = anns.complete(world.clock.now() + MINUTE, 1)
        audit_entry = AuditEntry("goal.completed", anns.id, record=world.ann)
        async with world.begin(ann) as unit:
            await unit.goals.save(done, audit_entry)
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(ann) as unit:
                await unit.goals.save(done, audit_entry)
        assert await world.get(ann, world.ann, anns.id) == done
        assert await world.audit() == ["goal.completed", "goal.set"]

    async def test_without_commit_nothing_happened(self, world: GoalsWorld, anns: Goal) -> None:
        ann = world.as_client(world.ann)
        await world.add(ann, anns, commit=False)
        assert await world.get(ann, world.ann, anns.id) is None
        assert await world.audit() == []

    async def test_pages_go_back_in_time_and_miss_nothing(self, world: GoalsWorld) -> None:
        ann, ids = world.as_client(world.ann), CountingIds(7)
        kept = [Goal(ids.new(), world.ann, f"Goal {number}", world.clock.now()) for number in range(5)]
        for goal in kept:
            await world.add(ann, goal)
        seen, after = list[Goal](), ""
        while True:
            async with world.begin(ann) as unit:
                found = await unit.goals.page(world.ann, PageRequest(after, 2))
            seen += found.items
            if not (after := found.next):
                break
        assert seen == kept[::-1]

    async def test_a_cursor_that_is_none_is_refused(self, world: GoalsWorld) -> None:
        with pytest.raises(Invalid):
            async with world.begin(world.as_client(world.ann)) as unit:
                await unit.goals.page(world.ann, PageRequest("no cursor"))
