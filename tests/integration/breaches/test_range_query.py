"""Passwords of known breaches, asked of a real HTTP server by the first digits of their hash."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from attrs import define, field

from adapters.breaches.range_query import MAX_BYTES, BreachedPasswordStrength
from adapters.local.password_strength import ZxcvbnStrength

BREACHED = "violet harbour 7 trombone"
HASH = hashlib.sha1(BREACHED.encode(), usedforsecurity=False).hexdigest().upper()


@define
class BreachService:
    """Answers with these lines, and records what it was asked."""

    lines: str = f"0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n{HASH[5:]}:42"
    status: int = 200
    asked: list[tuple[str, str | None]] = field(factory=list)
    server: ThreadingHTTPServer = field(init=False)

    def __attrs_post_init__(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.asked.append((self.path, self.headers.get("Add-Padding")))
                self.send_response(service.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(service.lines.encode("latin-1"))

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def strength(self) -> BreachedPasswordStrength:
        return BreachedPasswordStrength(ZxcvbnStrength(), f"http://127.0.0.1:{self.server.server_port}/range/")


@pytest.fixture
def service() -> Iterator[BreachService]:
    made = BreachService()
    yield made
    made.server.shutdown()
    made.server.server_close()


async def test_breached_password_is_common_and_never_sent(service: BreachService) -> None:
    assert await service.strength.is_common(BREACHED)
    assert service.asked == [(f"/range/{HASH[:5]}", "true")]


async def test_other_passwords_and_padding_are_not_common(service: BreachService) -> None:
    assert not await service.strength.is_common("another harbour 7 trombone")
    service.lines = f"{HASH[5:]}:0"
    assert not await service.strength.is_common(BREACHED)


async def test_common_passwords_are_not_asked_about(service: BreachService) -> None:
    assert await service.strength.is_common("1q2w3e4r5t6y")
    assert service.asked == []
    assert await service.strength.guesses_log10(BREACHED, ()) == await ZxcvbnStrength().guesses_log10(BREACHED, ())


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        (503, ""),
        (302, f"{HASH[5:]}:42"),
        (404, f"{HASH[5:]}:42"),
        (200, "\xff"),
        (200, "x" * (MAX_BYTES + 1)),
        (200, ""),
    ],
)
async def test_service_that_fails_keeps_nobody_from_a_password(service: BreachService, status: int, lines: str) -> None:
    service.status, service.lines = status, lines
    assert not await service.strength.is_common(BREACHED)


async def test_service_that_is_absent_or_slow_keeps_nobody_from_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = BreachedPasswordStrength(ZxcvbnStrength(), "http://127.0.0.1:1/range/")
    assert not await absent.is_common(BREACHED)
    monkeypatch.setattr("adapters.breaches.range_query.TOTAL_SECONDS", 0)
    assert not await absent.is_common(BREACHED)


@pytest.mark.parametrize("text", ["", "\ud800", "é" * 128])
async def test_any_text_can_be_asked_about(service: BreachService, text: str) -> None:
    assert not await service.strength.is_common(text)
