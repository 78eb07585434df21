"""Bodies that arrive slowly, and how many may be on their way."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

import pytest

from entrypoints.http.app import create_app
from entrypoints.http.dependencies import HttpSettings
from entrypoints.http.server.arriving_bodies import (
    BYTES_PER_SECOND,
    GRACE_SECONDS,
    MAX_ARRIVING,
    MAX_ARRIVING_PER_ADDRESS,
    ArrivingBodies,
    BodyDeadline,
)
from entrypoints.http.server.errors import BodyTooSlow
from portal_core.kernel.errors import Overloaded, RateLimited
from tests.support.http.raw_asgi import ask
from tests.support.http.toy_feature import ADAS_TOKEN, toy_parts

TOYS = "/api/v1/portal/toys"
HEAD = [(b"authorization", f"Bearer {ADAS_TOKEN}".encode()), (b"content-type", b"application/json")]
PART = {"type": "http.request", "body": b'{"name":', "more_body": True}


def impatient_app() -> Any:
    return create_app(toy_parts(settings=HttpSettings(throttle_rate=0, body_grace_seconds=-1)))


class ManualLoop:
    """The clock of an event loop."""

    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        return self.now


async def test_body_that_does_not_arrive_is_refused() -> None:
    answer = await ask(impatient_app(), "POST", TOYS, HEAD, [PART])
    assert (answer.status_code, answer.json()["code"]) == (408, "body_too_slow")


async def test_body_that_is_there_is_read_without_waiting() -> None:
    assert (await ask(impatient_app(), "POST", TOYS, HEAD, b'{"name": "Bear"}')).status_code == 201


@pytest.mark.parametrize(
    ("seconds_per_chunk", "chunk", "length", "arrives"),
    [
        (1.0, 1, 100, False),
        (0.1, BYTES_PER_SECOND // 10, 10_000_000, True),
        (0.1, 16_000, 10_000_000, True),
        (GRACE_SECONDS + 1, 0, 0, False),
        (GRACE_SECONDS - 1, 0, 0, True),
    ],
    ids=["a byte a second", "10 MB at the least rate", "10 MB by a slow telephone", "nothing", "late but whole"],
)
async def test_time_that_a_body_may_take(
    monkeypatch: pytest.MonkeyPatch, seconds_per_chunk: float, chunk: int, length: int, arrives: bool
) -> None:
    loop = ManualLoop()
    monkeypatch.setattr("entrypoints.http.server.arriving_bodies.asyncio", _ManualAsyncio(loop))
    deadline = BodyDeadline(GRACE_SECONDS)

    async def one() -> int:
        loop.now += seconds_per_chunk
        return chunk

    async def whole() -> None:
        arrived = 0
        while True:
            arrived += await deadline.receive(one)
            deadline.extend(chunk)
            if arrived >= length:
                return

    if arrives:
        await whole()
    else:
        with pytest.raises(BodyTooSlow):
            await whole()


class _ManualAsyncio:
    """asyncio on a manual clock: the time-out is looked at once the block is left."""

    def __init__(self, loop: ManualLoop) -> None:
        self._loop = loop

    def get_running_loop(self) -> ManualLoop:
        return self._loop

    def timeout_at(self, when: float) -> Any:
        return _ManualTimeout(self._loop, when)


class _ManualTimeout:
    def __init__(self, loop: ManualLoop, when: float) -> None:
        self._loop, self._when = loop, when

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *error: object) -> None:
        if self._loop.now > self._when:
            raise TimeoutError


def expect_many(bodies: ArrivingBodies, stack: ExitStack, addresses: Callable[[int], str], count: int) -> None:
    for number in range(count):
        stack.enter_context(bodies.expect(addresses(number)))


async def test_one_address_may_not_have_many_bodies_on_their_way() -> None:
    bodies = ArrivingBodies()
    with ExitStack() as stack:
        expect_many(bodies, stack, lambda _: "203.0.113.7", MAX_ARRIVING_PER_ADDRESS)
        with pytest.raises(RateLimited), bodies.expect("203.0.113.7"):
            pass
        with bodies.expect("203.0.113.8"):
            pass
    with bodies.expect("203.0.113.7"):
        pass


async def test_all_addresses_together_are_bounded() -> None:
    bodies = ArrivingBodies()
    with ExitStack() as stack:
        expect_many(bodies, stack, str, MAX_ARRIVING)
        with pytest.raises(Overloaded), bodies.expect("another"):
            pass
    with bodies.expect("another"):
        pass


async def test_bodies_that_failed_are_no_longer_expected() -> None:
    app = create_app(toy_parts())
    gone = [PART, {"type": "http.disconnect"}]
    for _ in range(MAX_ARRIVING_PER_ADDRESS + 1):
        assert (await ask(app, "POST", TOYS, HEAD, list(gone))).status_code == 400
    waiting = [asyncio.ensure_future(never_ending(app)) for _ in range(MAX_ARRIVING_PER_ADDRESS)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (await ask(app, "POST", TOYS, HEAD, b'{"name": "Bear"}')).status_code == 429
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert (await ask(app, "POST", TOYS, HEAD, b'{"name": "Bear"}')).status_code == 201


def never_ending(app: Any) -> Awaitable[Any]:
    return ask(app, "POST", TOYS, HEAD, [PART])
