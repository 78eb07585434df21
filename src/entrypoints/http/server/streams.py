"""Answers that outlive their request: over when the session is, and few for one session."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

from entrypoints.http.parts import Authenticates
from entrypoints.http.server.request import PortalRequest
from portal_core.kernel.actor import AccountHolder
from portal_core.kernel.errors import PortalError

EVERY = 5.0
"""Seconds between looks."""

LASTS = 55.0
"""Seconds of one stream: then the browser comes back."""

MOST = 4
"""Streams of one session at one process; another one ends the oldest. It is not refused, because a browser's
EventSource comes back after an end and never after a 429: with more tabs than this each has its turn."""


class Streams:
    """The streams that are open at this process, by session."""

    def __init__(self, authenticate: Authenticates) -> None:
        self._authenticate = authenticate
        self._open: dict[UUID, list[asyncio.Event]] = {}

    async def looks(self, request: PortalRequest) -> AsyncIterator[AccountHolder]:
        """Who asks, found out again at each look, which is no activity of a person. Ends with the stream: when the
        session is over or may not see this any more, when it opened too many others, or after `LASTS`."""
        session_id = request.signed_in.session.id
        over = asyncio.Event()
        mine = self._open.setdefault(session_id, [])
        mine.append(over)
        for older in mine[:-MOST]:
            older.set()
        loop = asyncio.get_running_loop()
        ends = loop.time() + LASTS
        try:
            while loop.time() < ends and not await _came(over):
                try:
                    again = await self._authenticate(request.proof)
                except PortalError:
                    return
                yield again.actor
        finally:
            mine.remove(over)
            if not mine:
                del self._open[session_id]


async def _came(over: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), EVERY)
    return over.is_set()
