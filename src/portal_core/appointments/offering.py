"""What the use cases of the waitlist's offers share."""

from datetime import datetime
from uuid import UUID

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.waiting import WaitlistOffer
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import NotFound


async def locked_offer(unit: AppointmentUnit, client_id: UUID, offer_id: UUID, now: datetime) -> WaitlistOffer:
    """An offer as it stands under the lock of its clinician and its client.

    Raises:
        NotFound: there is none on this record.
    """
    seen = await unit.offers.get(client_id, offer_id)
    if seen is None:
        raise NotFound("waitlist_offer", offer_id)
    await unit.calendar.lock([seen.clinician_id], now, clients=[client_id])
    return await unit.offers.get(client_id, offer_id) or seen


async def pass_on(unit: AppointmentUnit, closed: WaitlistOffer) -> None:
    """Keep that the offer is declined or expired, give its time back, and have it offered to the next."""
    audited = Audited(f"waitlist_offer.{closed.status}", closed.id, record=closed.client_id)
    await unit.offers.save(closed, audited)
    await unit.calendar.free(closed.calendar_entry_id)
    await unit.outbox.defer("offer_freed_slot", freed_slot_id=closed.freed_slot_id)
