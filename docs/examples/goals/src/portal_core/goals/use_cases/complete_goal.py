"""Mark a goal as completed."""

from uuid import UUID

from attrs import frozen

from portal_core.goals.policy import require_completer
from portal_core.goals.ports import GoalsUnit
from portal_core.goals.views import GoalView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class CompleteGoalCommand:
    goal_id: UUID
    version: int


@frozen
class CompleteGoal:
    """Marks a goal as completed. For the client only.

    Raises:
        NotFound: the client has no such goal.
        Forbidden: the actor is a proxy.
        StaleVersion: the goal has changed since it was read.
        GoalCompleted: the goal is already completed.
    """

    begin: Begin[GoalsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: CompleteGoalCommand) -> GoalView:
        async with self.begin(actor) as unit:
            client_id = require_completer(actor)
            goal = await unit.goals.get(client_id, command.goal_id)
            if goal is None:
                raise NotFound("goal", command.goal_id)
            completed = goal.complete(self.clock.now(), command.version)
            await unit.goals.save(completed, AuditEntry("goal.completed", goal.id, record=client_id))
            return await unit.commit(GoalView.of(completed))
