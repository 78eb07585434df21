"""Set a goal."""

from attrs import field, frozen

from portal_core.goals.model import Goal, clean_title
from portal_core.goals.ports import GoalsUnit
from portal_core.goals.views import GoalView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen
class SetGoalCommand:
    """The title of the new goal.

    Raises:
        Invalid: the title is blank or too long.
    """

    title: str = field(converter=clean_title)


@frozen
class SetGoal:
    """Adds a goal. For the client, or a proxy with `progress` who may write.

    Raises:
        NotFound: the actor has no access to `progress`.
        Forbidden: the proxy's grant is read-only.
    """

    begin: Begin[GoalsUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: SetGoalCommand) -> GoalView:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "progress", write=True)
            goal = Goal(self.ids.new(), client_id, command.title, self.clock.now())
            await unit.goals.add(goal, AuditEntry("goal.set", goal.id, record=client_id))
            return await unit.commit(GoalView.of(goal))
