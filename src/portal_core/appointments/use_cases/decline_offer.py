"""A client does not want a time that came free."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.waitlist_offers import locked_offer, pass_on
from portal_core.kernel.access import own_record
from portal_core.kernel.actor import Actor
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class DeclineOffer:
    """Declines an offer, which goes to the next; the client waits on. A client, or a proxy who may write.

    Raises:
        NotFound: no such offer on this record.
        OfferClosed: accepted, declined, or its time is up.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, offer_id: UUID) -> None:
        async with self.begin(actor) as unit:
            client_id = own_record(actor, "appointments", write=True)
            now = self.clock.now()
            offer = await locked_offer(unit, client_id, offer_id, now)
            offer.require_open(now)
            await pass_on(unit, offer.decline())
            await unit.commit(None)
