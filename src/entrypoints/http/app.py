"""Assembles the HTTP API from its parts."""

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, cast

import msgspec
from litestar import Controller, Litestar, Response, Router
from litestar.config.cors import CORSConfig
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import BeforeRequestHookHandler

from entrypoints.http.contract.bounds import refuse_unbounded
from entrypoints.http.contract.fields import FromPath, Slug
from entrypoints.http.contract.route_plan import configure_routes
from entrypoints.http.contract.routing import get
from entrypoints.http.dependencies import HttpParts, HttpSettings
from entrypoints.http.docs.api_page import docs_body
from entrypoints.http.docs.html_page import html_page
from entrypoints.http.docs.openapi import openapi_document
from entrypoints.http.docs.problem_catalogue import as_page, catalogue
from entrypoints.http.server.authentication import Gate
from entrypoints.http.server.compression import GZIP_HEADERS, accepts_gzip, compress
from entrypoints.http.server.cookies import SessionCookies
from entrypoints.http.server.health import HealthController, MetricsEndpoint, Readiness
from entrypoints.http.server.middleware import PortalMiddleware
from entrypoints.http.server.problems import HANDLERS
from entrypoints.http.server.refusals import RefusalAudit
from entrypoints.http.server.request import PortalRequest
from entrypoints.http.server.response import PortalResponse
from entrypoints.http.server.streams import EventStreams
from entrypoints.observability.metrics import HttpMetrics
from portal_core.kernel.errors import NotFound
from portal_core.notifications.rendering import CODE_PAGES

PORTAL = "/api/v1/portal"
PRACTICE = "/api/v1/practice"


class Documentation:
    """The OpenAPI document and its HTML page, generated on first use."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self.routes: dict[HTTPRouteHandler, list[str]] = {}

    @cached_property
    def document(self) -> dict[str, Any]:
        return openapi_document(self.routes, self._settings)

    @cached_property
    def json(self) -> bytes:
        return msgspec.json.encode(self.document)

    @cached_property
    def compressed(self) -> bytes:
        return compress(self.json)

    @cached_property
    def page(self) -> str:
        return docs_body(self.document)


class DocumentationController(Controller):
    """The API's documentation, for programs and people."""

    include_in_schema = False

    @get(["/", *sorted(set(CODE_PAGES.values()))], auth="public", status_code=307)
    async def start(self) -> Response[None]:
        """Redirects to /docs. Links in mail lead here as long as no web app is deployed in front of the API."""
        return Response(None, headers={"location": "/docs"})

    @get("/openapi.json", auth="public", media_type="application/vnd.oai.openapi+json")
    async def openapi(self, request: PortalRequest, documentation: NamedDependency[Documentation]) -> Response[bytes]:
        """Returns the OpenAPI 3.1 document."""
        if accepts_gzip(request.inbound):
            return Response(documentation.compressed, headers=GZIP_HEADERS)
        return Response(documentation.json)

    @get("/docs", auth="public", media_type="text/html")
    async def docs(self, documentation: NamedDependency[Documentation]) -> Response[str]:
        """Shows the API's documentation as one page."""
        return html_page("Client portal API", documentation.page)

    @get("/problems/{code:str}", auth="public", media_type="text/html")
    async def problem(self, code: FromPath[Slug]) -> Response[str]:
        """Explains a problem; the problem's `type` is the path of this page."""
        entry = catalogue().get(code)
        if entry is None:
            raise NotFound
        return html_page(entry.title, as_page(entry))


def create_app(parts: HttpParts) -> Litestar:
    """Create the ASGI application.

    Raises:
        ImproperlyConfiguredException: a route accepts unbounded values, or two routes share an operation id.
    """
    settings = parts.settings
    metrics = HttpMetrics(parts.registry)
    documentation = Documentation(settings)
    given = {
        "documentation": documentation,
        "session_cookies": SessionCookies(settings),
        "readiness": Readiness(parts.readiness),
        "metrics_endpoint": MetricsEndpoint(metrics, settings.metrics_from),
        "streams": EventStreams(parts.authenticate),
    }
    app = Litestar(
        [
            Router(PORTAL, route_handlers=[_served(one, parts) for one in parts.portal], opt={"auth": "portal"}),
            Router(PRACTICE, route_handlers=[_served(one, parts) for one in parts.practice], opt={"auth": "practice"}),
            *(_served(one, parts) for one in parts.other),
            HealthController,
            DocumentationController,
        ],
        after_exception=[RefusalAudit(parts.record_refusal, parts.seconds)],
        before_request=cast("BeforeRequestHookHandler", Gate(parts).admit),
        cors_config=_cors(settings),
        debug=False,
        dependencies=_provided(given),
        exception_handlers=HANDLERS,
        lifespan=parts.lifespan,
        logging_config=None,
        openapi_config=None,
        pdb_on_exception=False,
        request_class=PortalRequest,
        response_class=PortalResponse,
        request_max_body_size=None,
    )
    documentation.routes = configure_routes(app, settings.body_limit)
    for handler in documentation.routes:
        refuse_unbounded(handler)
    app.asgi_handler = PortalMiddleware(app.asgi_handler, parts, metrics)
    return app


def openapi_of(app: Litestar) -> dict[str, Any]:
    """Return the OpenAPI document of an app, for `portal openapi` and the snapshot test."""
    documentation = app.dependencies["documentation"]
    assert isinstance(documentation, Provide)
    found = documentation.dependency()
    assert isinstance(found, Documentation)
    return found.document


def _served(controller: type[Controller], parts: HttpParts) -> Router:
    """Mount the controller with only the use cases that its handlers take.

    Litestar compares each dependency of a handler with all the others; giving every handler every use case took half of
    the start-up time.
    """
    handlers = (one for one in vars(controller).values() if isinstance(one, HTTPRouteHandler))
    asked = {name for handler in handlers for name in inspect.signature(handler.fn).parameters}
    wanted = {name: parts.use_cases[name] for name in sorted(asked & parts.use_cases.keys())}
    return Router("", route_handlers=[controller], dependencies=_provided(wanted))


def _provided(given: Mapping[str, object]) -> dict[str, Provide]:
    return {name: Provide(_giving(value), sync_to_thread=False) for name, value in given.items()}


def _giving(value: object) -> Callable[[], object]:
    def give() -> object:
        return value

    return give


def _cors(settings: HttpSettings) -> CORSConfig | None:
    """Allow the configured origins only. Without CORS headers, browsers refuse other origins by default."""
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.cors_origins),
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "Portal-Client",
            "Portal-Practice",
            "X-CSRF-Token",
        ],
        expose_headers=["Idempotency-Replayed", "Retry-After", "X-Request-Id"],
        max_age=600,
    )
