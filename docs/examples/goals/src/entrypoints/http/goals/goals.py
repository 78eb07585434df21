"""HTTP routes of goals."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody

from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, PageSize, Request, ShortText, Version, page
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.goals.errors import GoalCompleted
from portal_core.goals.use_cases.complete_goal import CompleteGoal, CompleteGoalCommand
from portal_core.goals.use_cases.list_goals import ListGoals, ListGoalsQuery
from portal_core.goals.use_cases.set_goal import SetGoal, SetGoalCommand
from portal_core.goals.views import GoalView
from portal_core.kernel.errors import Forbidden, StaleVersion
from portal_core.kernel.page import Page


class SetGoalRequest(Request, frozen=True):
    """The new goal, in the client's own words."""

    title: ShortText


class CompleteGoalRequest(Request, frozen=True):
    """The version that the client was shown."""

    version: Version


class GoalsController(Controller):
    """Goals of the client."""

    path = "/progress/goals"
    tags = ("Progress",)

    @get("")
    async def list_goals(
        self,
        request: PortalRequest,
        list_goals: NamedDependency[ListGoals],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[GoalView]:
        """Lists the client's goals, newest first."""
        return await list_goals(request.actor, ListGoalsQuery(page(after, size)))

    @post("", raises=[Forbidden])
    async def set_goal(
        self, request: PortalRequest, data: JSONBody[SetGoalRequest], set_goal: NamedDependency[SetGoal]
    ) -> GoalView:
        """Sets a goal."""
        return await set_goal(request.actor, SetGoalCommand(data.title))

    @post("/{goal_id:uuid}/complete", status_code=200, raises=[Forbidden, GoalCompleted, StaleVersion])
    async def complete_goal(
        self,
        request: PortalRequest,
        goal_id: FromPath[UUID],
        data: JSONBody[CompleteGoalRequest],
        complete_goal: NamedDependency[CompleteGoal],
    ) -> GoalView:
        """Marks a goal as completed."""
        return await complete_goal(request.actor, CompleteGoalCommand(goal_id, data.version))
