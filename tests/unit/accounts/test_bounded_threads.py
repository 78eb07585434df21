"""Slow work runs elsewhere, and is refused when too much of it waits."""

import asyncio
from threading import Event

import pytest

from adapters.local.bounded_threads import BoundedThreads
from adapters.local.password_hashes import PasswordHashes
from adapters.local.password_strength import ZxcvbnStrength
from portal_core.kernel.errors import Overloaded


async def test_work_beyond_the_queue_is_refused_and_the_rest_is_done() -> None:
    threads, go = BoundedThreads("test", 1, 2), Event()
    begun = [asyncio.create_task(threads.run(go.wait)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await threads.run(go.wait)
    go.set()
    assert await asyncio.gather(*begun) == [True] * 3
    assert await threads.run(int, "7") == 7
    threads.close()


async def test_abandoned_work_keeps_its_place_until_it_ends() -> None:
    threads, go = BoundedThreads("test", 1, 0), Event()
    begun = asyncio.create_task(threads.run(go.wait))
    await asyncio.sleep(0)
    begun.cancel()
    await asyncio.gather(begun, return_exceptions=True)
    with pytest.raises(Overloaded):
        await threads.run(go.wait)
    go.set()
    threads.close()


async def test_work_that_continues_is_never_refused_and_takes_no_place() -> None:
    threads, go = BoundedThreads("test", 1, 0), Event()
    first = asyncio.create_task(threads.run(go.wait))
    more = [asyncio.create_task(threads.run(go.wait, begun=True)) for _ in range(9)]
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(first, *more) == [True] * 10
    assert await threads.run(int, "7") == 7
    with pytest.raises(ValueError, match="invalid literal"):
        await threads.run(int, "x", begun=True)
    threads.close()


async def test_error_of_the_work_is_raised_and_frees_its_place() -> None:
    threads = BoundedThreads("test", 1, 0)
    for _ in range(3):
        with pytest.raises(ValueError, match="invalid literal"):
            await threads.run(int, "x")
    threads.close()


async def test_passwords_are_refused_rather_than_queued_without_end() -> None:
    hashes, strength = PasswordHashes(threads=1, max_waiting=1), ZxcvbnStrength()
    for many in (
        [hashes.make("violet harbour 7 trombone") for _ in range(20)],
        [strength.guesses_log10("violet harbour 7 trombone", ()) for _ in range(20)],
    ):
        results = await asyncio.gather(*many, return_exceptions=True)
        refused = [one for one in results if isinstance(one, Overloaded)]
        assert 0 < len(refused) < 20
    hashes.close()
    strength.close()
