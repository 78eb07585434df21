"""Bounds on request bodies that have not arrived yet, so that unfinished requests cannot use up the server."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from entrypoints.http.server.errors import BodyTooSlow
from portal_core.kernel.errors import Overloaded, RateLimited

GRACE_SECONDS = 20.0
BYTES_PER_SECOND = 8 * 1024
"""A body may take the grace, and one second more for every 8 KiB of it: 10 MB by a slow telephone pass, a byte now and
then does not. The rule has the form of `RequestReadTimeout body=20,MinRate=8192` of Apache's mod_reqtimeout."""
MAX_ARRIVING = 512
MAX_ARRIVING_PER_ADDRESS = 64
RETRY_AFTER_SECONDS = 5

Received = TypeVar("Received")


class BodyDeadline:
    """The time by which the rest of a body must arrive."""

    def __init__(self, grace_seconds: float) -> None:
        self._at = asyncio.get_running_loop().time() + grace_seconds

    async def receive(self, receive: Callable[[], Awaitable[Received]]) -> Received:
        """Raises:
        BodyTooSlow: nothing was received in time.
        """
        try:
            async with asyncio.timeout_at(self._at):
                return await receive()
        except TimeoutError:
            raise BodyTooSlow from None

    def extend(self, arrived: int) -> None:
        """Allow the time of so many more bytes."""
        self._at += arrived / BYTES_PER_SECOND


class ArrivingBodies:
    """The bodies that this process waits for."""

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace_seconds = grace_seconds
        self._by_address: Counter[str] = Counter()

    @contextmanager
    def expect(self, address: str) -> Iterator[BodyDeadline]:
        """Wait for a body of this address.

        Raises:
            RateLimited: too many bodies of this address have not arrived.
            Overloaded: too many bodies of all addresses have not arrived.
        """
        if self._by_address[address] >= MAX_ARRIVING_PER_ADDRESS:
            raise RateLimited(RETRY_AFTER_SECONDS)
        if self._by_address.total() >= MAX_ARRIVING:
            raise Overloaded
        self._by_address[address] += 1
        try:
            yield BodyDeadline(self._grace_seconds)
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
