"""Sends raw bytes to the ASGI app, including requests that a correct HTTP client would refuse to send."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx

Headers = Iterable[tuple[bytes, bytes]]
_SHOWN = httpx.Request("GET", "http://portal.example.org/")
"""What answers name as their request; nobody looks at it."""


async def ask(
    app: Any, method: str, target: str, headers: Headers = (), body: bytes | list[dict[str, Any]] = b""
) -> httpx.Response:
    """The answer; of an event stream, what comes first. `target` is path and query as they stand in the request line;
    `body` is all of it, or the events by which a server hands it over.

    An exception that leaves the app is raised here: a server would answer 500.
    """
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "surrogateescape"),
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": query.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "headers": [(b"host", b"portal.example.org"), *headers],
        "server": ("portal.example.org", 80),
        "client": ("203.0.113.7", 4000),
        "state": {},
    }
    events = body if isinstance(body, list) else [{"type": "http.request", "body": body, "more_body": False}]
    seen = asyncio.Event()
    status, answered, content = 0, [], []

    async def receive() -> Any:
        if events:
            return events.pop(0)
        await seen.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            answered.extend(message["headers"])
        else:
            content.append(message.get("body", b""))
            if b"text/event-stream" in dict(answered).get(b"content-type", b"") or not message.get("more_body"):
                seen.set()

    await app(scope, receive, send)
    assert status, "nothing was answered"
    answer = httpx.Response(status, headers=answered, content=b"".join(content), request=_SHOWN)
    answer.elapsed = timedelta(0)
    return answer
