"""A job that offers a freed slot to the client who has waited longest."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking import SlotChoice, calendar_entry_for, require_free
from portal_core.appointments.errors import ClientDischarged, NotBookable
from portal_core.appointments.policy import bookable_by_staff, reservable_by_client
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.settings import AppointmentType, BookingOptions
from portal_core.appointments.waitlist import FreedSlot, WaitlistEntry, WaitlistOffer
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.errors import Conflict, RecordDestroyed
from portal_core.kernel.notices import WAITLIST_OFFER
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.time_zones import zone_info
from portal_core.kernel.uow import Begin


@frozen
class OfferFreedSlot:
    """Offers a freed slot to the client who has waited longest for it, and holds it in the calendar meanwhile.

    Each client gets at most one offer of a slot. A client with another appointment at that time is skipped, and so is
    one with an open offer until that offer ends. If nobody wants the slot, or it is no longer available, the slot is
    removed and stays free for everyone. If only clients with an open offer want it, it is free for everyone too, and
    checked again when an offer ends. Idempotent.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, freed_slot_id: UUID) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            slot = await unit.freed_slots.get(freed_slot_id)
            if slot is None:
                return
            now = self.clock.now()
            await unit.calendar.lock([slot.clinician_id], now)
            # Read again under the lock: an acceptance removes the slot.
            slot = await unit.freed_slots.get(freed_slot_id)
            previous_offers = await unit.offers.of_slot(freed_slot_id)
            if slot is None or any(one.status == "open" for one in previous_offers):
                return
            appointment_type = await _type_if_free(unit, slot, now)
            entry, passed_over = None, False
            if appointment_type is not None:
                entry, passed_over = await _next_entry(unit, slot, {one.client_id for one in previous_offers})
            if appointment_type is not None and entry is not None:
                await self._offer(unit, slot, appointment_type, entry, now)
            elif not passed_over:
                await unit.freed_slots.remove(slot.id)
            await unit.commit(None)

    async def _offer(
        self,
        unit: AppointmentUnit,
        slot: FreedSlot,
        appointment_type: AppointmentType,
        entry: WaitlistEntry,
        now: datetime,
    ) -> None:
        expires_in = (await unit.directory.for_practice()).settings.offer_duration
        hold_entry = calendar_entry_for(
            _choice(slot), appointment_type.timing, self.ids.new(), slot.practice_id, "hold", expires_in, now
        )
        await unit.calendar.occupy(hold_entry)
        offer = WaitlistOffer(
            id=self.ids.new(),
            practice_id=slot.practice_id,
            client_id=entry.client_id,
            entry_id=entry.id,
            freed_slot_id=slot.id,
            clinician_id=slot.clinician_id,
            appointment_type_id=slot.appointment_type_id,
            location_id=slot.location_id,
            starts_at=hold_entry.starts_at,
            ends_at=hold_entry.ends_at,
            calendar_entry_id=hold_entry.id,
            offered_at=now,
            expires_at=hold_entry.expires_at or hold_entry.starts_at,
        )
        await unit.offers.add(offer, AuditEntry("waitlist_offer.created", offer.id, record=entry.client_id))
        key = f"waitlist_offer:{offer.id}"
        await unit.outbox.notify(WAITLIST_OFFER.to_client(entry.client_id, subject_id=offer.id, deduplication_key=key))


def _choice(slot: FreedSlot) -> SlotChoice:
    return SlotChoice(
        clinician_id=slot.clinician_id,
        appointment_type_id=slot.appointment_type_id,
        location_id=slot.location_id,
        starts_at=slot.starts_at,
    )


async def _type_if_free(unit: AppointmentUnit, slot: FreedSlot, now: datetime) -> AppointmentType | None:
    """The appointment type, if the slot is still free and observes its minimum notice. A start off the grid is
    accepted, since staff may have booked it.
    """
    booking_options = await unit.directory.for_practice()
    try:
        appointment_type, _ = bookable_by_staff(
            booking_options, slot.appointment_type_id, slot.location_id, slot.clinician_id
        )
        await require_free(unit, _choice(slot), appointment_type.timing, now, clients=(), by_staff=True)
    except Conflict:
        return None
    return appointment_type if appointment_type.timing.earliest_start(now) <= slot.starts_at else None


async def _next_entry(
    unit: AppointmentUnit, slot: FreedSlot, asked_client_ids: set[UUID]
) -> tuple[WaitlistEntry | None, bool]:
    """The longest-waiting entry that suits, may book and has no overlap; and whether one was skipped for its open
    offer.
    """
    day = slot.starts_at.astimezone(zone_info(slot.time_zone)).date()
    passed_over = False
    for entry in await unit.waitlist.matching(slot.appointment_type_id, day):
        if entry.client_id in asked_client_ids or not _suits(entry, slot):
            continue
        if not _may_book(await unit.directory.for_client(entry.client_id), slot):
            continue
        if await unit.appointments.client_busy_times([entry.client_id], slot.starts_at, slot.ends_at):
            continue
        if all(one.offer is None for one in await unit.waitlist_reads.of_client(entry.client_id)):
            return entry, passed_over
        passed_over = True
    return None, passed_over


def _suits(entry: WaitlistEntry, slot: FreedSlot) -> bool:
    clinician_suits = entry.clinician_id in (None, slot.clinician_id)
    return clinician_suits and entry.wants_location(slot.location_id) and entry.wants(slot.starts_at, slot.ends_at)


def _may_book(booking_options: BookingOptions, slot: FreedSlot) -> bool:
    try:
        reservable_by_client(booking_options, slot.appointment_type_id, slot.location_id, slot.clinician_id)
    except (NotBookable, ClientDischarged, RecordDestroyed):
        return False
    return True
