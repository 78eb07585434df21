"""Event streams end with their session, and each session may open only a few."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from attrs import define, evolve, field

from entrypoints.http.notifications.events import EventsController
from entrypoints.http.server import streams
from entrypoints.http.server.streams import MAX_STREAMS_PER_SESSION, EventStreams
from portal_core.accounts.use_cases.authenticate import AuthenticateCommand, Authenticated
from portal_core.kernel.errors import Forbidden, NotFound, PortalError, Unauthenticated
from portal_core.notifications.use_cases.watch_notifications import WatchNotifications
from portal_core.notifications.views import InboxUpdate
from tests.support.http.toy_feature import ADAS_TOKEN, NORTH, SESSION, FakeAuthenticate
from tests.unit.http.conftest import http_client

EVENTS = "/api/v1/portal/events"
FIRST, SECOND = UUID(int=1), UUID(int=2)


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Poll without delay."""
    monkeypatch.setattr(streams, "POLL_SECONDS", 0.0)


@define
class ExpiringAuthenticate(FakeAuthenticate):
    """Accepts a token a limited number of times."""

    left: int = 3
    error: PortalError = field(factory=Unauthenticated)

    async def __call__(self, command: AuthenticateCommand) -> Authenticated:
        if not self.left:
            raise self.error
        self.left -= 1
        return await super().__call__(command)


@define
class Inbox:
    """News, one after the other; then a refusal. It is its own unit of work."""

    coming: list[InboxUpdate]
    asked: list[UUID | None] = field(factory=list)

    @property
    def inbox(self) -> "Inbox":
        return self

    @asynccontextmanager
    async def begin(self, actor: Any) -> AsyncIterator["Inbox"]:
        yield self

    async def updates(self, scope: Any, after: UUID | None) -> InboxUpdate:
        self.asked.append(after)
        if not self.coming:
            raise Forbidden
        return self.coming.pop(0)


async def streamed(authenticate: FakeAuthenticate, inbox: Inbox) -> list[str]:
    parts = {"portal": [EventsController], "use_cases": {"watch_notifications": WatchNotifications(inbox.begin)}}
    async with http_client(authenticate=authenticate, **parts) as client:
        answer = await client.get(EVENTS)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return answer.text.removesuffix("\r\n\r\n").split("\r\n\r\n")


@pytest.mark.parametrize("error", [Unauthenticated(), NotFound("client", UUID(int=9))])
async def test_stream_ends_with_session(error: PortalError) -> None:
    nothing = InboxUpdate(0, (), None)
    authenticate = ExpiringAuthenticate(left=3, error=error)
    inbox = Inbox([nothing, nothing, InboxUpdate(1, (SECOND,), SECOND), nothing])
    blocks = await streamed(authenticate, inbox)
    assert len(blocks) == 3
    # A comment alone: with data it would be an event to a browser.
    assert blocks[1].split() == [":", "keep-alive"]
    assert str(SECOND) in blocks[2]
    assert len(inbox.asked) == 3
    assert not any(command.active for command in authenticate.asked)


async def test_stream_ends_when_access_is_refused() -> None:
    assert len(await streamed(ExpiringAuthenticate(left=9), Inbox([InboxUpdate(0, (), FIRST)]))) == 1


async def test_stream_has_max_duration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STREAM_SECONDS", 0.0)
    assert len(await streamed(ExpiringAuthenticate(left=9), Inbox([InboxUpdate(0, (), None)]))) == 1


def showing(session_id: UUID) -> Any:
    """A request of a session."""
    session = evolve(SESSION, id=session_id)
    return SimpleNamespace(
        authentication=AuthenticateCommand(NORTH, ADAS_TOKEN, active=False),
        authenticated=Authenticated(None, session, must_enroll=False),  # type: ignore[arg-type]  # nobody asks who
    )


async def is_open(polls: AsyncIterator[Any]) -> bool:
    return await anext(polls, None) is not None


async def test_stream_limit_per_session() -> None:
    kept = EventStreams(FakeAuthenticate())
    other = kept.polls(showing(SECOND))
    mine = [kept.polls(showing(FIRST)) for _ in range(MAX_STREAMS_PER_SESSION)]
    assert [await is_open(one) for one in (other, *mine)] == [True] * (MAX_STREAMS_PER_SESSION + 1)
    newest_id = kept.polls(showing(FIRST))
    assert await is_open(newest_id)
    assert [await is_open(one) for one in mine] == [False, True, True, True]
    assert await is_open(newest_id)
    assert await is_open(other)


async def test_waiting_stream_ends_at_once_when_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "POLL_SECONDS", 3600.0)
    kept = EventStreams(FakeAuthenticate())
    many = [asyncio.create_task(is_open(kept.polls(showing(FIRST)))) for _ in range(MAX_STREAMS_PER_SESSION + 2)]
    done, waiting = await asyncio.wait(many, return_when=asyncio.FIRST_COMPLETED)
    assert done == set(many[:2])
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert kept._open == {}
