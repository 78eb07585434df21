"""The stream of news: it ends with the session, and a session has few of them."""

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
from entrypoints.http.server.streams import MOST, Streams
from portal_core.accounts.use_cases.authenticate import AuthenticateCommand, Authenticated
from portal_core.kernel.errors import Forbidden, NotFound, PortalError, Unauthenticated
from portal_core.notifications.use_cases.watch_notifications import WatchNotifications
from portal_core.notifications.views import News
from tests.support.http.toy_feature import ADAS_TOKEN, NORTH, SESSION, Tokens
from tests.unit.http.conftest import asking

EVENTS = "/api/v1/portal/events"
FIRST, SECOND = UUID(int=1), UUID(int=2)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow one another."""
    monkeypatch.setattr(streams, "EVERY", 0.0)


@define
class UntilSignOut(Tokens):
    """Good for so many questions."""

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

    coming: list[News]
    asked: list[UUID | None] = field(factory=list)

    @property
    def inbox(self) -> "Inbox":
        return self

    @asynccontextmanager
    async def begin(self, actor: Any) -> AsyncIterator["Inbox"]:
        yield self

    async def news(self, scope: Any, after: UUID | None) -> News:
        self.asked.append(after)
        if not self.coming:
            raise Forbidden
        return self.coming.pop(0)


async def streamed(authenticate: Tokens, inbox: Inbox) -> list[str]:
    parts = {"portal": [EventsController], "use_cases": {"watch_notifications": WatchNotifications(inbox.begin)}}
    async with asking(authenticate=authenticate, **parts) as client:
        answer = await client.get(EVENTS)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return answer.text.removesuffix("\r\n\r\n").split("\r\n\r\n")


@pytest.mark.parametrize("error", [Unauthenticated(), NotFound("client", UUID(int=9))])
async def test_it_ends_with_the_session(error: PortalError) -> None:
    nothing = News(0, (), None)
    authenticate = UntilSignOut(left=3, error=error)
    inbox = Inbox([nothing, nothing, News(1, (SECOND,), SECOND), nothing])
    blocks = await streamed(authenticate, inbox)
    assert len(blocks) == 3
    # A comment alone: with data it would be an event to a browser.
    assert blocks[1].split() == [":", "still", "here"]
    assert str(SECOND) in blocks[2]
    assert len(inbox.asked) == 3
    assert not any(command.active for command in authenticate.asked)


async def test_it_ends_when_the_news_are_refused() -> None:
    assert len(await streamed(UntilSignOut(left=9), Inbox([News(0, (), FIRST)]))) == 1


async def test_it_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LASTS", 0.0)
    assert len(await streamed(UntilSignOut(left=9), Inbox([News(0, (), None)]))) == 1


def showing(session_id: UUID) -> Any:
    """A request of a session."""
    session = evolve(SESSION, id=session_id)
    return SimpleNamespace(
        proof=AuthenticateCommand(NORTH, ADAS_TOKEN, active=False),
        signed_in=Authenticated(None, session, must_enrol=False),  # type: ignore[arg-type]  # nobody asks who
    )


async def goes_on(looks: AsyncIterator[Any]) -> bool:
    return await anext(looks, None) is not None


async def test_a_session_has_few_and_the_oldest_ends() -> None:
    kept = Streams(Tokens())
    other = kept.looks(showing(SECOND))
    mine = [kept.looks(showing(FIRST)) for _ in range(MOST)]
    assert [await goes_on(one) for one in (other, *mine)] == [True] * (MOST + 1)
    newest = kept.looks(showing(FIRST))
    assert await goes_on(newest)
    assert [await goes_on(one) for one in mine] == [False, True, True, True]
    assert await goes_on(newest)
    assert await goes_on(other)


async def test_one_that_is_waiting_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "EVERY", 3600.0)
    kept = Streams(Tokens())
    many = [asyncio.create_task(goes_on(kept.looks(showing(FIRST)))) for _ in range(MOST + 2)]
    done, waiting = await asyncio.wait(many, return_when=asyncio.FIRST_COMPLETED)
    assert done == set(many[:2])
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert kept._open == {}
