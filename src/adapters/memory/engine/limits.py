"""Rate limits in memory: an exact sliding window."""

from datetime import datetime, timedelta
from uuid import UUID

from attrs import define, field

from portal_core.kernel.errors import RateLimited
from portal_core.kernel.limits import Limit, RateLimits
from portal_core.kernel.sources import Clock


@define
class MemoryRateLimits(RateLimits):
    """Every try within the window, by practice, limit and key."""

    clock: Clock
    _tries: dict[tuple[UUID, str, str], list[datetime]] = field(init=False, factory=dict)

    async def take(self, practice_id: UUID, limit: Limit, key: str) -> None:
        now = self.clock.now()
        tries = self._tries.setdefault((practice_id, limit.name, key), [])
        tries[:] = [at for at in tries if now - at < limit.window]
        if len(tries) >= limit.max_attempts:
            left = tries[0] + limit.window - now
            raise RateLimited(-(-left // timedelta(seconds=1)))
        tries.append(now)

    async def release(self, practice_id: UUID, limit: Limit, key: str) -> None:
        tries = self._tries.get((practice_id, limit.name, key))
        if tries:
            tries.pop()
