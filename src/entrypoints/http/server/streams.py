"""Event streams: they end when the session ends, and each session may open only a few."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

from entrypoints.http.dependencies import Authenticator
from entrypoints.http.server.request import PortalRequest
from portal_core.kernel.actor import AccountHolder
from portal_core.kernel.errors import PortalError

POLL_SECONDS = 5.0
"""Seconds between polls."""

STREAM_SECONDS = 55.0
"""Maximum seconds of one stream; the browser then reconnects."""

MAX_STREAMS_PER_SESSION = 4
"""Streams of one session in one process. One more ends the oldest instead of being refused, because a browser's
EventSource reconnects when a stream ends but not after a 429. With more tabs than this, the tabs take turns."""


class EventStreams:
    """The open streams of this process, by session."""

    def __init__(self, authenticate: Authenticator) -> None:
        self._authenticate = authenticate
        self._open: dict[UUID, list[asyncio.Event]] = {}

    async def polls(self, request: PortalRequest) -> AsyncIterator[AccountHolder]:
        """Yield the caller at every poll, authenticated again each time; this does not count as user activity.

        Ends when the session has ended or lost access, when it has opened too many other streams, or after
        `STREAM_SECONDS`.
        """
        session_id = request.authenticated.session.id
        closed = asyncio.Event()
        mine = self._open.setdefault(session_id, [])
        mine.append(closed)
        for older in mine[:-MAX_STREAMS_PER_SESSION]:
            older.set()
        loop = asyncio.get_running_loop()
        ends = loop.time() + STREAM_SECONDS
        try:
            while loop.time() < ends and not await _closed_within_poll(closed):
                try:
                    again = await self._authenticate(request.authentication)
                except PortalError:
                    return
                yield again.actor
        finally:
            mine.remove(closed)
            if not mine:
                del self._open[session_id]


async def _closed_within_poll(closed: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(closed.wait(), POLL_SECONDS)
    return closed.is_set()
