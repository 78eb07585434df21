"""What the use cases of the waitlist and its offers share."""

from datetime import datetime
from uuid import UUID

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.use_cases.offer_freed_slot import OfferFreedSlot
from portal_core.appointments.waitlist import WaitlistEntry, WaitlistOffer
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound


async def lock_offer(unit: AppointmentUnit, client_id: UUID, offer_id: UUID, now: datetime) -> WaitlistOffer:
    """An offer as it stands under the lock of its clinician and its client.

    Raises:
        NotFound: there is none on this record.
    """
    seen = await unit.offers.get(client_id, offer_id)
    if seen is None:
        raise NotFound("waitlist_offer", offer_id)
    await unit.calendar.lock([seen.clinician_id], now, clients=[client_id])
    return await unit.offers.get(client_id, offer_id) or seen


async def record_acceptance(
    unit: AppointmentUnit, offer: WaitlistOffer, entry: WaitlistEntry, appointment_id: UUID, now: datetime
) -> None:
    """Keep that the offer was booked as `appointment_id`, which ends the waiting and makes the slot nobody else's.

    Raises:
        OfferClosed, WaitlistEntryClosed: it is no longer open, or the client waits no more.
    """
    accepted, booked = offer.accept(appointment_id, at=now), entry.booked()
    await unit.offers.save(accepted, AuditEntry("waitlist_offer.accepted", offer.id, record=offer.client_id))
    await unit.waitlist.save(booked, AuditEntry("waitlist.booked", entry.id, record=entry.client_id))
    await unit.freed_slots.remove(offer.freed_slot_id)
    await _recheck_freed_slots(unit)


async def close_and_reoffer(unit: AppointmentUnit, closed: WaitlistOffer) -> None:
    """Keep that the offer is declined or expired, give its time back, and have it offered to the next."""
    audit_entry = AuditEntry(f"waitlist_offer.{closed.status}", closed.id, record=closed.client_id)
    await unit.offers.save(closed, audit_entry)
    await unit.calendar.free(closed.calendar_entry_id)
    await _recheck_freed_slots(unit)


async def remove_waitlist_entry(unit: AppointmentUnit, client_id: UUID, entry_id: UUID, now: datetime) -> None:
    """Take the client off the waitlist; an offer that is open goes to the next.

    Raises:
        NotFound: no such entry on this record.
        WaitlistEntryClosed: booked, or left before.
        OfferClosed, StaleVersion: an offer of it was accepted or passed on at the same moment.
    """
    entry = await unit.waitlist.get(client_id, entry_id)
    if entry is None:
        raise NotFound("waitlist_entry", entry_id)
    left = entry.leave()
    for view in await unit.waitlist_reads.of_client(client_id):
        if view.id == entry_id and view.offer is not None:
            offer = await lock_offer(unit, client_id, view.offer.id, now)
            await close_and_reoffer(unit, offer.decline())
    await unit.waitlist.save(left, AuditEntry("waitlist.left", entry_id, record=client_id))


async def _recheck_freed_slots(unit: AppointmentUnit) -> None:
    """An offer ended: its slot may have a next, and whoever had it may be the next of another slot."""
    for slot_id in await unit.freed_slots.pending_ids():
        await unit.outbox.defer(OfferFreedSlot, freed_slot_id=slot_id)
