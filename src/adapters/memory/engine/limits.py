"""Rate limits in memory: an exact sliding window."""

from datetime import datetime, timedelta
from uuid import UUID

from attrs import define, field

from portal_core.kernel.errors import RateLimited
from portal_core.kernel.limits import Limit, RateLimits
from portal_core.kernel.sources import Clock


@define
class MemoryRateLimits(RateLimits):
    """Stores every attempt within the window, by practice, limit and key."""

    clock: Clock
    _attempts: dict[tuple[UUID, str, str], list[datetime]] = field(init=False, factory=dict)

    async def take(self, practice_id: UUID, limit: Limit, key: str) -> None:
        now = self.clock.now()
        attempts = self._attempts.setdefault((practice_id, limit.name, key), [])
        attempts[:] = [at for at in attempts if now - at < limit.window]
        if len(attempts) >= limit.max_attempts:
            left = attempts[0] + limit.window - now
            raise RateLimited(-(-left // timedelta(seconds=1)))
        attempts.append(now)

    async def release(self, practice_id: UUID, limit: Limit, key: str) -> None:
        attempts = self._attempts.get((practice_id, limit.name, key))
        if attempts:
            attempts.pop()
