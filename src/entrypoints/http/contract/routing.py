"""How a controller declares its routes: Litestar's, plus what the portal wants said about each.

    class GoalsController(Controller):
        path = "/progress/goals"
        tags = ["Progress"]

        @patch("/{goal_id:uuid}", raises=[NotFound, StaleVersion])
        async def rename_goal(
            self,
            request: PortalRequest,
            goal_id: FromPath[UUID],
            data: JSONBody[RenameGoalRequest],
            rename_goal: NamedDependency[RenameGoal],
        ) -> GoalView:
            \"\"\"Gives a goal another title.\"\"\"
            return await rename_goal(request.actor, RenameGoalCommand(goal_id, data.title, data.version))

One use case for each route, and the actor from the request: Litestar then injects it without a task group.
"""

from collections.abc import Awaitable, Callable, Sequence
from types import NoneType
from typing import Any, TypedDict, TypeVar, Unpack, get_type_hints

from litestar.handlers import HTTPRouteHandler
from litestar.types import Method

from entrypoints.http.contract.parameters import with_checked_parameters
from entrypoints.http.contract.route_plan import Auth
from portal_core.kernel.errors import PortalError

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])


class Options(TypedDict, total=False):
    """What a route may say beside its path.

    `raises`: the errors that it answers with, for the documentation (those that come with `auth`, a body, a path
    parameter or an Idempotency-Key are added); `auth`: the mount's unless said; `active=False`: polling, does not keep
    a session alive; `enrollment_exempt`: open to a session that has yet to set up its second factor; `idempotent`: whether it
    takes an Idempotency-Key (POST: yes; never where tokens are answered); `body_limit` in bytes; `example`: of the
    answer, when the one made from its type does not do.
    """

    raises: Sequence[type[PortalError]]
    auth: Auth
    active: bool
    enrollment_exempt: bool
    idempotent: bool
    body_limit: int
    example: Any
    status_code: int
    operation_id: str
    summary: str
    description: str
    tags: Sequence[str]
    media_type: str
    include_in_schema: bool
    deprecated: bool


_OURS = ("raises", "auth", "active", "enrollment_exempt", "idempotent", "body_limit", "example")


def get(path: str = "", **options: Unpack[Options]) -> Callable[[Handler], HTTPRouteHandler]:
    """A read. HEAD is answered by it too."""
    return _route("GET", path, options)


def post(path: str = "", **options: Unpack[Options]) -> Callable[[Handler], HTTPRouteHandler]:
    """A creation (201), or an action (`status_code=200`; 204 when nothing is answered)."""
    return _route("POST", path, options)


def put(path: str = "", **options: Unpack[Options]) -> Callable[[Handler], HTTPRouteHandler]:
    """A replacement of the whole: what the body leaves out becomes absent."""
    return _route("PUT", path, options)


def patch(path: str = "", **options: Unpack[Options]) -> Callable[[Handler], HTTPRouteHandler]:
    """A change of the fields that the body names."""
    return _route("PATCH", path, options)


def delete(path: str = "", **options: Unpack[Options]) -> Callable[[Handler], HTTPRouteHandler]:
    """A removal (204)."""
    return _route("DELETE", path, options)


def _route(method: Method, path: str, options: Options) -> Callable[[Handler], HTTPRouteHandler]:
    ours = {name: value for name, value in options.items() if name in _OURS} | {"parameters_checked": True}
    litestars: dict[str, Any] = {name: value for name, value in options.items() if name not in _OURS}

    def decorate(handler: Handler) -> HTTPRouteHandler:
        litestars.setdefault("operation_id", handler.__name__)
        if get_type_hints(handler).get("return") is NoneType:
            litestars.setdefault("status_code", 204)
        return HTTPRouteHandler(path, http_method=method, opt=ours, **litestars)(with_checked_parameters(handler))

    return decorate
