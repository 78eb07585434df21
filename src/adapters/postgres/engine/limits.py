"""Rate limits in the database: exact across processes and machines, and preserved across restarts."""

import hashlib
from typing import Any
from uuid import UUID

from attrs import define

from adapters.postgres.engine.outages import raise_unavailable_on_outage
from portal_core.kernel.errors import RateLimited
from portal_core.kernel.limits import Limit, RateLimits
from portal_core.kernel.sources import Clock


@define
class PostgresRateLimits(RateLimits):
    """Counts each attempt with one statement in its own transaction. Only a digest of the key is stored."""

    pool: Any
    clock: Clock

    async def take(self, practice_id: UUID, limit: Limit, key: str) -> None:
        with raise_unavailable_on_outage():
            wait: int = await self.pool.fetchval(
                "SELECT portal.take_rate_limit($1, $2, $3, $4)",
                _digest(practice_id, limit, key),
                limit.max_attempts,
                limit.window.total_seconds(),
                self.clock.now(),
            )
        if wait:
            raise RateLimited(wait)

    async def release(self, practice_id: UUID, limit: Limit, key: str) -> None:
        with raise_unavailable_on_outage():
            await self.pool.execute("SELECT portal.release_rate_limit($1)", _digest(practice_id, limit, key))


def _digest(practice_id: UUID, limit: Limit, key: str) -> bytes:
    return hashlib.sha256(f"{practice_id}\0{limit.name}\0{key}".encode("utf-8", "surrogatepass")).digest()
