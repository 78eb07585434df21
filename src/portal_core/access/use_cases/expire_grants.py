"""The dated job that ends grants whose last day has passed."""

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
    """Ends what is due today at the practice, and tells the proxies; answers how many.

    Access itself ends without this: each request compares the day. One unit of work for each grant, so that a rerun
    goes on where a crash left off and nobody is told twice.

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
                    continue  # changed since it was read: the next round looks at it as it is now
            if len(expired) < BATCH:
                return ended
