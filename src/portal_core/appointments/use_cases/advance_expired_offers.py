"""A job that closes expired waitlist offers."""

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.waitlist_offers import close_and_reoffer, lock_offer
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class AdvanceExpiredOffers:
    """Closes expired offers, each in its own unit of work, and has their slots offered to the next client.

    At most 100 for each run; the next run continues. Returns how many it closed.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        async with self.begin(actor) as unit:
            require_system(actor)
            due = await unit.offers.expired(self.clock.now())
        closed_count = 0
        for one in due:
            async with self.begin(actor) as unit:
                offer = await lock_offer(unit, one.client_id, one.id, self.clock.now())
                # Another run may have closed it. It cannot be accepted any more, since it has expired.
                if offer.status == "open":
                    await close_and_reoffer(unit, offer.expire())
                    closed_count += 1
                await unit.commit(None)
        return closed_count
