"""What is decided about a route once, when the app is made, so that a request finds it ready."""

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
from portal_core.kernel.errors import PortalError

Auth = Literal["public", "visitor", "portal", "practice"]
"""`portal` and `practice`: signed in, on that side. `none`: a visitor of a known practice. `open`: nobody asks, not
even which practice it is; the controller has no actor."""


@frozen
class RouteConfig:
    """One route.

    `operation` is the OpenAPI operation id, and part of what an Idempotency-Key stands for; `active` says whether the
    request counts as something a person does; `enrollment_exempt` whether a session may make it that has yet to set up its
    second factor; `allow` are the address's methods; `raises` the errors it documents.
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


def configure_routes(app: Litestar, body_limit: int) -> dict[HTTPRouteHandler, list[str]]:
    """Give every route its plan, as `opt["route_config"]`; answers the handlers with their paths.

    Raises:
        ImproperlyConfiguredException: two routes have one operation id, or a route's auth is unknown.
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
                f"two routes are called {route_config.operation}: give one operation_id="
            )
    return paths


def _route_config(handler: HTTPRouteHandler, body_limit: int, allow: str) -> RouteConfig:
    methods = handler.http_methods
    auth: Auth = "public" if methods == {"OPTIONS"} else handler.opt.get("auth", "public")
    if auth not in get_args(Auth):
        raise ImproperlyConfiguredException(f"{handler.handler_name}: no such auth as {auth!r}")
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
    )


def _is_json(annotation: Any) -> bool:
    try:
        msgspec.inspect.type_info(annotation)
    except TypeError:
        return False
    return True


def parameters_of(handler: HTTPRouteHandler) -> dict[str, FieldDefinition]:
    """The handler's parameters from path, query, headers and cookies, by their Python names."""
    kinds = (PathParameter, QueryParameter, HeaderParameter, CookieParameter)
    signature = handler.parsed_fn_signature.parameters
    return {name: field for name, field in signature.items() if isinstance(field.kwarg_definition, kinds)}


def body_media_type(data: FieldDefinition) -> str:
    """The media type that a handler's `data` is declared for."""
    kind = data.kwarg_definition.media_type if isinstance(data.kwarg_definition, BodyKwarg) else "application/json"
    return str(getattr(kind, "value", kind))
