"""The configuration of every route, computed once when the app is created."""

from typing import Any, Literal, get_args

import msgspec
from attrs import frozen
from litestar import Litestar
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, CookieParameter, HeaderParameter, PathParameter, QueryParameter
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from entrypoints.http.server.problems import allow_header
from portal_core.accounts.model import Side
from portal_core.kernel.errors import PortalError

Auth = Literal["public", "visitor", "portal", "practice"]
"""`portal` and `practice`: signed in to that API. `visitor`: not signed in, but the practice is known. `public`:
neither the caller nor the practice is determined, and the controller has no actor."""

LINK_PARAMETERS: dict[Auth, tuple[str, ...]] = {
    "visitor": ("practice",),
    "portal": ("practice", "record"),
    "practice": ("practice",),
}
"""The query parameters that stand for headers in links, which send none."""
IN_LINKS = frozenset(name for names in LINK_PARAMETERS.values() for name in names)
"""All of these. Each stands in a query once."""


@frozen
class RouteConfig:
    """The configuration of one route.

    `operation` is the OpenAPI operation id, and part of the scope of an Idempotency-Key. `active`: the request counts
    as user activity and extends the session. `enrollment_exempt`: a session that must still set up its second factor
    may use the route. `unsafe`: the route may change something, so a cookie session needs a CSRF token. `allow` lists
    the path's methods; `raises` the documented errors; `query` the query parameters that the route knows.
    `session_of`: a route for visitors that tells the session of this side, if there is one. `receives_content`: the
    body is a file.
    """

    auth: Auth
    operation: str
    active: bool
    enrollment_exempt: bool
    idempotent: bool
    unsafe: bool
    body_limit: int
    decoder: "msgspec.json.Decoder[Any]"
    allow: str
    raises: tuple[type[PortalError], ...]
    query: frozenset[str]
    session_of: Side | None
    receives_content: bool


def configure_routes(app: Litestar, body_limit: int) -> dict[HTTPRouteHandler, list[str]]:
    """Store every route's configuration in `opt["route_config"]`, and return the handlers with their paths.

    Raises:
        ImproperlyConfiguredException: two routes share an operation id, or a route's auth is unknown.
    """
    paths: dict[HTTPRouteHandler, list[str]] = {}
    methods: dict[str, set[str]] = {}
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                paths.setdefault(handler, []).append(route.path_format)
                methods.setdefault(route.path_format, set()).update(handler.http_methods)
    owners: dict[str, HTTPRouteHandler] = {}
    for handler in paths:
        route_config = _route_config(handler, body_limit, allow_header(methods[paths[handler][0]]))
        handler.opt["route_config"] = route_config
        if route_config.auth != "public" and owners.setdefault(route_config.operation, handler) is not handler:
            raise ImproperlyConfiguredException(
                f"two routes have the operation id {route_config.operation}: set operation_id= on one of them"
            )
    return paths


def _route_config(handler: HTTPRouteHandler, body_limit: int, allow: str) -> RouteConfig:
    methods = handler.http_methods
    auth: Auth = "public" if methods == {"OPTIONS"} else handler.opt.get("auth", "public")
    if auth not in get_args(Auth):
        raise ImproperlyConfiguredException(f"{handler.handler_name}: unknown auth {auth!r}")
    data = handler.parsed_data_field
    return RouteConfig(
        auth=auth,
        operation=handler.operation_id if isinstance(handler.operation_id, str) else handler.handler_name,
        active=handler.opt.get("active", True),
        enrollment_exempt=handler.opt.get("enrollment_exempt", False),
        idempotent=handler.opt.get("idempotent", "POST" in methods) and auth in ("portal", "practice"),
        unsafe=not methods <= {"GET", "HEAD", "OPTIONS"},
        body_limit=handler.opt.get("body_limit", body_limit),
        decoder=msgspec.json.Decoder(data.annotation if data is not None and _is_json(data.annotation) else Any),
        allow=allow,
        raises=tuple(handler.opt.get("raises", ())),
        query=frozenset(_query_names(handler)).union(LINK_PARAMETERS.get(auth, ())),
        session_of=handler.opt.get("session_of"),
        receives_content=handler.opt.get("receives_content", False),
    )


def _query_names(handler: HTTPRouteHandler) -> list[str]:
    return [
        field.kwarg_definition.name or name
        for name, field in parameters_of(handler).items()
        if isinstance(field.kwarg_definition, QueryParameter)
    ]


def _is_json(annotation: Any) -> bool:
    try:
        msgspec.inspect.type_info(annotation)
    except TypeError:
        return False
    return True


def parameters_of(handler: HTTPRouteHandler) -> dict[str, FieldDefinition]:
    """Return the handler's parameters from path, query, headers and cookies, by their Python names."""
    kinds = (PathParameter, QueryParameter, HeaderParameter, CookieParameter)
    signature = handler.parsed_fn_signature.parameters
    return {name: field for name, field in signature.items() if isinstance(field.kwarg_definition, kinds)}


def body_media_type(data: FieldDefinition) -> str:
    """Return the media type that a handler declares for its `data`."""
    kind = data.kwarg_definition.media_type if isinstance(data.kwarg_definition, BodyKwarg) else "application/json"
    return str(getattr(kind, "value", kind))
