"""A few threads with a short queue, for work that takes tens of milliseconds of a core."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TypeVar

from portal_core.kernel.errors import Overloaded

Result = TypeVar("Result")


class BoundedThreads:
    """Runs work outside of the event loop; refuses it when so much waits that it would take seconds."""

    def __init__(self, name: str, threads: int, max_waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._places = BoundedSemaphore(threads + max_waiting)

    async def run(self, work: Callable[..., Result], *arguments: object, begun: bool = False) -> Result:
        """The result of the work. `begun`: it continues or ends what was begun here, and so is never refused.

        Raises:
            Overloaded: too much waits; the work was not begun.
        """
        if not begun and not self._places.acquire(blocking=False):
            raise Overloaded
        job = self._pool.submit(work, *arguments)
        if not begun:
            # When the work ends, which may be after its caller has given up.
            job.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(job)

    def close(self) -> None:
        """Release the threads."""
        self._pool.shutdown()
