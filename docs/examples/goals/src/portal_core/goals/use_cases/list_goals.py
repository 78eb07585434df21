"""List a client's goals."""

from attrs import field, frozen

from portal_core.goals.ports import GoalsUnit
from portal_core.goals.views import GoalView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin


@frozen
class ListGoalsQuery:
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListGoals:
    """Returns a page of the client's goals, newest first. For the client, or a proxy with `progress`.

    Raises:
        NotFound: the actor has no access to `progress`.
        Invalid: the cursor is not one that this list returned.
    """

    begin: Begin[GoalsUnit]

    async def __call__(self, actor: Actor, query: ListGoalsQuery) -> Page[GoalView]:
        async with self.begin(actor, read_only=True) as unit:
            client_id = require_own_record(actor, "progress")
            await unit.audit.record(AuditEntry("goals.read", record=client_id))
            goals = await unit.goals.page(client_id, query.page)
            return await unit.commit(goals.map(GoalView.of))
