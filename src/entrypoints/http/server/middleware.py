"""The ASGI middleware around Litestar: reads the request head, sets response headers, measures, logs, and turns
unexpected errors into problems. It wraps the whole app, so it also covers unknown paths and unsupported methods.
"""

from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseBodyEvent, Message, Receive, Scope, Send

from entrypoints.http.dependencies import HttpParts
from entrypoints.http.server.arriving_bodies import ArrivingBodies
from entrypoints.http.server.client_address import ClientAddressResolver
from entrypoints.http.server.errors import InternalError
from entrypoints.http.server.problems import MEDIA_TYPE, render
from entrypoints.http.server.request_head import RequestHead
from entrypoints.observability.logs import ACCESS, REQUEST_ID, describe_error
from entrypoints.observability.metrics import HttpMetrics

CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""JSON and errors never load anything. The HTML pages send their own policy, with the hash of their style."""

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"x-frame-options", b"DENY"),
    (b"server", b"portal"),  # otherwise granian would add its own name
)
HSTS = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")
NO_STORE = (b"cache-control", b"no-store")
"""Of every response whose route sets no other value."""
UNMATCHED = "unmatched"
CLIENT_CLOSED_REQUEST = 499
"""Counted and logged, never sent: the client disconnected before there was a response (nginx's convention)."""

log = structlog.get_logger()


class ResponseAborted(Exception):
    """A response failed after its head was sent, so the server closes the connection. Does not reveal the cause."""


class PortalMiddleware:
    """Wraps the Litestar app."""

    def __init__(self, app: ASGIApp, parts: HttpParts, metrics: HttpMetrics) -> None:
        self._app = app
        self._address_resolver = ClientAddressResolver(parts.settings.proxies)
        self._new_id = parts.request_id
        self._seconds = parts.seconds
        self._metrics = metrics
        self._arriving_bodies = ArrivingBodies(parts.settings.body_grace_seconds)
        self._access_log = parts.settings.access_log
        self._headers = [*SECURITY_HEADERS, HSTS] if parts.settings.https else list(SECURITY_HEADERS)
        self._policy = (b"content-security-policy", CONTENT_POLICY.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = self._seconds()
        request: Any = scope
        inbound = request["portal"] = RequestHead(scope, self._address_resolver, self._new_id)
        request["arriving_bodies"] = self._arriving_bodies
        identity = (b"x-request-id", inbound.request_id.encode())
        method: str = request["method"]
        bodiless = inbound.bodiless
        if bodiless:
            request["method"] = "GET"
        status = 0
        ended = False

        async def answer(message: Message) -> None:
            nonlocal status, ended
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*self._headers, identity]
                policy, caching = self._policy, NO_STORE
                for header in message["headers"]:
                    if header[0] == b"content-security-policy":
                        policy = header
                    elif header[0] == b"cache-control":
                        caching = header
                    else:
                        headers.append(header)
                message["headers"] = [*headers, policy, caching]
            elif bodiless:
                if ended:
                    return
                ended = True
                message = HTTPResponseBodyEvent(type="http.response.body", body=b"", more_body=False)
            await send(message)

        token = REQUEST_ID.set(inbound.request_id)
        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            log.error("request.failed", code=InternalError.code, **describe_error(error))
            if status:
                raise ResponseAborted from None
            await self._send_internal_error(inbound, answer)
        finally:
            seconds = self._seconds() - began
            route = request.get("path_template") or UNMATCHED
            self._metrics.observe(method, route, status or CLIENT_CLOSED_REQUEST, seconds)
            if self._access_log:
                ACCESS.line(
                    method, route, status or CLIENT_CLOSED_REQUEST, seconds, inbound.request_id, inbound.address
                )
            REQUEST_ID.reset(token)

    @staticmethod
    async def _send_internal_error(inbound: RequestHead, send: Send) -> None:
        status, body, _ = render(InternalError(), inbound.request_id)
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
