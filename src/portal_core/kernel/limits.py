"""Rate limits that hold across processes and restarts."""

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from attrs import frozen


@frozen
class Limit:
    """At most `max_attempts` in any `window`. `name` is part of the stored key, so it stays what it is."""

    name: str
    max_attempts: int
    window: timedelta


class RateLimits(Protocol):
    """Counts tries; each call stands in a transaction of its own, so a try that fails later still counts."""

    async def take(self, practice_id: UUID, limit: Limit, key: str) -> None:
        """Count one try of `key` (an email, an address, an account: kept hashed).

        Raises:
            RateLimited: `limit.max_attempts` stand in the window already; this one is not counted.
        """
        ...

    async def release(self, practice_id: UUID, limit: Limit, key: str) -> None:
        """Forget the newest try of `key`: it was no guess, since it came out right. Nothing happens where none stands.

        Whoever is in takes back one try, their own; so it opens no more guesses at somebody else's door.
        """
        ...
