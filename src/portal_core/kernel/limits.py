"""Rate limits that are shared by all processes and survive restarts, and turns within a process."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from attrs import frozen


@frozen
class Limit:
    """At most `max_attempts` in any `window`. `name` is part of the stored key, so it must not be changed."""

    name: str
    max_attempts: int
    window: timedelta


class RateLimits(Protocol):
    """Counts attempts. Each call has its own transaction, so an attempt counts even when the request fails later."""

    async def take(self, practice_id: UUID, limit: Limit, key: str) -> None:
        """Count one attempt for `key` (an email, an IP address or an account id; stored as a hash).

        Raises:
            RateLimited: the window already has `limit.max_attempts` attempts; this one is not counted.
        """
        ...

    async def release(self, practice_id: UUID, limit: Limit, key: str) -> None:
        """Remove the newest attempt for `key`, because it succeeded and so was not a guess. A no-op when there is none.

        A caller who succeeds takes back one attempt, their own, so this gives nobody extra guesses at another account.
        """
        ...


class Turns(Protocol):
    """Lets the callers of one key proceed one after another in this process."""

    def take(self, key: bytes) -> AbstractAsyncContextManager[None]:
        """Wait for the turn, and keep it until the block is left.

        Raises:
            Overloaded: 64 callers wait for it.
        """
        ...
