"""A fast path for JSON responses. Most responses are just a value and a status; those are encoded and sent here.
Responses with cookies, headers, a background task or another media type use Litestar's implementation."""

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Receive, Scope, Send

from entrypoints.http.server.compression import GZIP_HEADERS, MIN_BYTES, accepts_gzip, compress

Headers = tuple[tuple[bytes, bytes], ...]
_GZIP: Headers = tuple((name.encode(), value.encode()) for name, value in GZIP_HEADERS.items())
_encoder = msgspec.json.Encoder()


class PortalResponse(Response[Any]):
    """The response class of every route that returns a value."""

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **said: Any) -> ASGIResponse:
        plain = not (self.cookies or self.headers or self.background or said.get("headers") or said.get("cookies"))
        if plain and self.media_type == "application/json" and self.status_code in (200, 201, 202):
            body = _encoder.encode(self.content)
            headers: Headers = ()
            if len(body) >= MIN_BYTES and request.scope["method"] == "GET" and accepts_gzip(request.scope["portal"]):  # type: ignore[typeddict-item]  # our own key
                body, headers = compress(body), _GZIP
            return _JsonAnswer(self.status_code, body, headers)  # type: ignore[return-value]  # Litestar only calls it
        return super().to_asgi_response(app, request, **said)


class _JsonAnswer:
    """An ASGI response with a status and a JSON body."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, status: int, body: bytes, headers: Headers) -> None:
        self._status = status
        self._body = body
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(self._body)), *self._headers]
        await send(HTTPResponseStartEvent(type="http.response.start", status=self._status, headers=headers))
        await send(HTTPResponseBodyEvent(type="http.response.body", body=self._body, more_body=False))
