"""Route decorators: Litestar's, with the portal's own options.

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
            \"\"\"Renames a goal.\"\"\"
            return await rename_goal(request.actor, RenameGoalCommand(goal_id, data.title, data.version))

Each route takes one use case and gets the actor from the request; with a single dependency Litestar needs no task
group.
"""

from collections.abc import Awaitable, Callable, Sequence
from types import NoneType
from typing import Any, TypedDict, TypeVar, Unpack, get_type_hints

from litestar.handlers import HTTPRouteHandler
from litestar.types import Method

from entrypoints.http.contract.parameters import with_checked_parameters
from entrypoints.http.contract.route_plan import Auth
from portal_core.accounts.model import Side
from portal_core.kernel.errors import PortalError

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])


class Options(TypedDict, total=False):
    """The options of a route.

    `raises`: the errors to document; those implied by `auth`, a body, a path parameter or an Idempotency-Key are added.
    `auth`: defaults to the mount's. `session_of`: a route for visitors that tells the session of this side, if there is
    one. `active=False`: for polling; does not extend the session. `enrollment_exempt`: a
    session that must still set up its second factor may use the route. `idempotent`: accepts an Idempotency-Key; the
    default is true for POST, but set it to False where the response holds tokens. `body_limit`: in bytes. `example`: of
    the response, if the one generated from its type is not suitable. `conditional`: has an ETag, and may be a 304.
    `event`: the type of each event's data, for a stream. `receives_content`: the body is a file, read by
    `request.stream()`.
    """

    raises: Sequence[type[PortalError]]
    auth: Auth
    session_of: Side
    active: bool
    enrollment_exempt: bool
    idempotent: bool
    body_limit: int
    example: Any
    conditional: bool
    event: type
    receives_content: bool
    status_code: int
    operation_id: str
    summary: str
    description: str
    tags: Sequence[str]
    media_type: str
    include_in_schema: bool
    deprecated: bool


_OURS = (
    "raises",
    "auth",
    "session_of",
    "active",
    "enrollment_exempt",
    "idempotent",
    "body_limit",
    "example",
    "conditional",
    "event",
    "receives_content",
)


def get(path: str | list[str] = "", **options: Unpack[Options]) -> Callable[[Handler], HTTPRouteHandler]:
    """Declare a read, of one path or several. It also handles HEAD."""
    return _route("GET", path, options)


def post(path: str = "", **options: Unpack[Options]) -> Callable[[Handler], HTTPRouteHandler]:
    """Declare a creation (201) or an action (`status_code=200`; 204 when the handler returns None)."""
    return _route("POST", path, options)


def put(path: str = "", **options: Unpack[Options]) -> Callable[[Handler], HTTPRouteHandler]:
    """Declare the replacement of a resource: what the body leaves out becomes absent."""
    return _route("PUT", path, options)


def patch(path: str = "", **options: Unpack[Options]) -> Callable[[Handler], HTTPRouteHandler]:
    """Declare a change of the fields that the body names."""
    return _route("PATCH", path, options)


def delete(path: str = "", **options: Unpack[Options]) -> Callable[[Handler], HTTPRouteHandler]:
    """Declare a removal (204)."""
    return _route("DELETE", path, options)


def _route(method: Method, path: str | list[str], options: Options) -> Callable[[Handler], HTTPRouteHandler]:
    ours = {name: value for name, value in options.items() if name in _OURS} | {"parameters_checked": True}
    litestars: dict[str, Any] = {name: value for name, value in options.items() if name not in _OURS}

    def decorate(handler: Handler) -> HTTPRouteHandler:
        litestars.setdefault("operation_id", handler.__name__)
        if get_type_hints(handler).get("return") is NoneType:
            litestars.setdefault("status_code", 204)
        return HTTPRouteHandler(path, http_method=method, opt=ours, **litestars)(with_checked_parameters(handler))

    return decorate
