"""A client leaves the waitlist."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.waitlist_offers import remove_waitlist_entry
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class LeaveWaitlist:
    """Takes the client off the waitlist; an open offer goes to the next client. For clients, and proxies with write
    access.

    Raises:
        NotFound: no such entry on this record.
        WaitlistEntryClosed: it was booked or left before.
        OfferClosed, StaleVersion: an offer of it was accepted or expired at the same moment.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, entry_id: UUID) -> None:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            await remove_waitlist_entry(unit, client_id, entry_id, self.clock.now())
            await unit.commit(None)
