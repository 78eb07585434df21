"""Turns within one process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from attrs import define, field

from portal_core.kernel.errors import Overloaded
from portal_core.kernel.limits import Turns

MAX_WAITING = 64


@define
class _Turn:
    lock: asyncio.Lock = field(factory=asyncio.Lock)
    callers: int = 0


class LocalTurns(Turns):
    """A lock for each key, which exists as long as somebody has it or waits for it."""

    def __init__(self) -> None:
        self._turns: dict[bytes, _Turn] = {}

    @asynccontextmanager
    async def take(self, key: bytes) -> AsyncGenerator[None, None]:
        turn = self._turns.setdefault(key, _Turn())
        if turn.callers > MAX_WAITING:
            raise Overloaded
        turn.callers += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.callers -= 1
            if not turn.callers:
                del self._turns[key]
