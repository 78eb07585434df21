"""Functions shared by the use cases of the waitlist and its offers."""

from datetime import datetime
from uuid import UUID

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.use_cases.offer_freed_slot import OfferFreedSlot
from portal_core.appointments.waitlist import WaitlistEntry, WaitlistOffer
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound


async def lock_offer(unit: AppointmentUnit, client_id: UUID, offer_id: UUID, now: datetime) -> WaitlistOffer:
    """Lock the offer's clinician and client, and return its current state.

    Raises:
        NotFound: no such offer on this record.
    """
    seen = await unit.offers.get(client_id, offer_id)
    if seen is None:
        raise NotFound("waitlist_offer", offer_id)
    await unit.calendar.lock([seen.clinician_id], now, clients=[client_id])
    return await unit.offers.get(client_id, offer_id) or seen


async def record_acceptance(
    unit: AppointmentUnit, offer: WaitlistOffer, entry: WaitlistEntry, appointment_id: UUID, now: datetime
) -> None:
    """Save that the offer was booked as `appointment_id`, close the waitlist entry, and remove the freed slot.

    Raises:
        OfferClosed, WaitlistEntryClosed: the offer is no longer open, or the client no longer waits.
    """
    accepted, booked = offer.accept(appointment_id, at=now), entry.booked()
    await unit.offers.save(accepted, AuditEntry("waitlist_offer.accepted", offer.id, record=offer.client_id))
    await unit.waitlist.save(booked, AuditEntry("waitlist.booked", entry.id, record=entry.client_id))
    await unit.freed_slots.remove(offer.freed_slot_id)
    await _recheck_freed_slots(unit)


async def close_and_reoffer(unit: AppointmentUnit, closed: WaitlistOffer) -> None:
    """Save the declined or expired offer, free its time, and have the slot offered to the next client."""
    audit_entry = AuditEntry(f"waitlist_offer.{closed.status}", closed.id, record=closed.client_id)
    await unit.offers.save(closed, audit_entry)
    await unit.calendar.free(closed.calendar_entry_id)
    await _recheck_freed_slots(unit)


async def remove_waitlist_entry(unit: AppointmentUnit, client_id: UUID, entry_id: UUID, now: datetime) -> None:
    """Take the client off the waitlist; an open offer goes to the next client.

    Raises:
        NotFound: no such entry on this record.
        WaitlistEntryClosed: it was booked or left before.
        OfferClosed, StaleVersion: an offer of it was accepted or expired at the same moment.
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
    """Have every freed slot offered again: this slot may go to the next client, and this client may be next for
    another.
    """
    for slot_id in await unit.freed_slots.pending_ids():
        await unit.outbox.defer(OfferFreedSlot, freed_slot_id=slot_id)
