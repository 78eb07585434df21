"""Callers of one key take turns."""

import asyncio

import pytest

from adapters.local.turns import MAX_WAITING, LocalTurns
from portal_core.kernel.errors import Overloaded


async def test_callers_of_one_key_proceed_one_after_another_and_others_at_once() -> None:
    turns, order = LocalTurns(), []

    async def step(key: bytes, name: str) -> None:
        async with turns.take(key):
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(step(b"a", "first"), step(b"a", "second"), step(b"b", "other"))
    assert order.index("first ends") < order.index("second begins")
    assert order.index("other begins") < order.index("first ends")


async def test_waiting_callers_are_bounded_and_leave_nothing_behind() -> None:
    turns, go = LocalTurns(), asyncio.Event()

    async def step() -> None:
        async with turns.take(b"a"):
            await go.wait()

    waiting = [asyncio.create_task(step()) for _ in range(MAX_WAITING + 1)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await step()
    waiting[-1].cancel()
    go.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert not turns._turns
