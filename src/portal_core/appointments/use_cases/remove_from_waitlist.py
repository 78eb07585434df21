"""Staff take a client off the waitlist, for example after a phone call."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.pending_requests import require_request_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.waitlist_offers import remove_waitlist_entry
from portal_core.kernel.actor import Actor
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class RemoveFromWaitlistCommand:
    client_id: UUID
    entry_id: UUID


@frozen
class RemoveFromWaitlist:
    """Takes a client off the waitlist, as `LeaveWaitlist` does. For the front desk and administrators.

    Raises:
        NotFound: the client has no such entry.
        WaitlistEntryClosed: it was booked or left before.
        OfferClosed, StaleVersion: an offer of it was accepted or expired at the same moment.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: RemoveFromWaitlistCommand) -> None:
        async with self.begin(actor) as unit:
            require_request_access(actor)
            await remove_waitlist_entry(unit, command.client_id, command.entry_id, self.clock.now())
            await unit.commit(None)
