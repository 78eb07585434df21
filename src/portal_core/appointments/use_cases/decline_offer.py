"""A client declines a waitlist offer."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.waitlist_offers import close_and_reoffer, lock_offer
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class DeclineOffer:
    """Declines an offer, which goes to the next client; the client stays on the waitlist. For clients, and proxies with
    write access.

    Raises:
        NotFound: no such offer on this record.
        OfferClosed: it was accepted or declined, or has expired.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, offer_id: UUID) -> None:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            now = self.clock.now()
            offer = await lock_offer(unit, client_id, offer_id, now)
            offer.require_open(now)
            await close_and_reoffer(unit, offer.decline())
            await unit.commit(None)
