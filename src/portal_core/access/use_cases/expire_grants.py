"""The scheduled job that ends grants whose last day has passed."""

from attrs import frozen

from portal_core.access.grant_lifecycle import end_grant
from portal_core.access.ports import AccessUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

BATCH = 100


@frozen
class ExpireGrants:
    """Ends the practice's grants whose last day has passed, and notifies the proxies; returns how many ended.

    Access does not depend on this job: each request compares the day. Each grant has its own unit of work, so that a
    rerun continues where a crash stopped it and nobody is notified twice.

    Raises:
        Forbidden: not the system.
    """

    begin: Begin[AccessUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        ended = 0
        while True:
            async with self.begin(actor) as unit:
                require_system(actor)
                today = (await unit.practice_record.get()).today(self.clock.now())
                expired = await unit.grants.list_expired(today, BATCH)
            for grant in expired:
                try:
                    async with self.begin(actor) as unit:
                        await end_grant(unit, grant, self.clock.now())
                        await unit.commit(None)
                    ended += 1
                except StaleVersion:
                    continue  # changed since it was read: the next round reads it again
            if len(expired) < BATCH:
                return ended
