"""Answers that outlive their request: over when the session is, and few for one session."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

from entrypoints.http.parts import Authenticator
from entrypoints.http.server.request import PortalRequest
from portal_core.kernel.actor import AccountHolder
from portal_core.kernel.errors import PortalError

POLL_SECONDS = 5.0
"""Seconds between looks."""

STREAM_SECONDS = 55.0
"""Seconds of one stream: then the browser comes back."""

MAX_STREAMS_PER_SESSION = 4
"""Streams of one session at one process; another one ends the oldest. It is not refused, because a browser's
EventSource comes back after an end and never after a 429: with more tabs than this each has its turn."""


class EventStreams:
    """The streams that are open at this process, by session."""

    def __init__(self, authenticate: Authenticator) -> None:
        self._authenticate = authenticate
        self._open: dict[UUID, list[asyncio.Event]] = {}

    async def polls(self, request: PortalRequest) -> AsyncIterator[AccountHolder]:
        """Who asks, found out again at each look, which is no activity of a person. Ends with the stream: when the
        session is over or may not see this any more, when it opened too many others, or after `STREAM_SECONDS`."""
        session_id = request.authenticated.session.id
        over = asyncio.Event()
        mine = self._open.setdefault(session_id, [])
        mine.append(over)
        for older in mine[:-MAX_STREAMS_PER_SESSION]:
            older.set()
        loop = asyncio.get_running_loop()
        ends = loop.time() + STREAM_SECONDS
        try:
            while loop.time() < ends and not await _came(over):
                try:
                    again = await self._authenticate(request.authentication)
                except PortalError:
                    return
                yield again.actor
        finally:
            mine.remove(over)
            if not mine:
                del self._open[session_id]


async def _came(over: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), POLL_SECONDS)
    return over.is_set()
