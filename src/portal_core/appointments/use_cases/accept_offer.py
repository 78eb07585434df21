"""A client takes a time that came free."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking import Order, SlotChoice, place_booking
from portal_core.appointments.booking_changes import shown, tell
from portal_core.appointments.errors import NotWaiting
from portal_core.appointments.policy import bookable_by_client
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentView
from portal_core.appointments.waitlist_offers import close_accepted, locked_offer
from portal_core.kernel.access import own_record
from portal_core.kernel.actor import Actor
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class AcceptOffer:
    """Books the offered time and ends the waiting. A client, or a proxy who may write.

    What was offered stands: notice, advance and grid were looked at when the offer was made.

    Raises:
        NotFound: no such offer on this record.
        OfferClosed: accepted, declined, or its time is up.
        NotWaiting: another offer was accepted, or the client has left.
        ClientDischarged: the client was discharged.
        NotBookable: no longer offered to this client online.
        OwnOverlap, SlotTaken, OutsideAvailability, TooSoon: the time is not to be had any more.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor, offer_id: UUID) -> AppointmentView:
        async with self.begin(actor) as unit:
            client_id = own_record(actor, "appointments", write=True)
            now = self.clock.now()
            offer = await locked_offer(unit, client_id, offer_id, now)
            offer.require_open(now)
            entry = await unit.waitlist.get(client_id, offer.entry_id)
            if entry is None:
                raise NotWaiting
            entry.require_waiting()
            schedule = await unit.directory.for_client(client_id)
            kind, clinician = bookable_by_client(schedule, offer.kind_id, offer.place_id, offer.clinician_id)
            order = Order(
                choice=SlotChoice(
                    clinician_id=offer.clinician_id,
                    kind_id=offer.kind_id,
                    place_id=offer.place_id,
                    starts_at=offer.starts_at,
                ),
                kind=kind,
                clinician=clinician,
                zone=schedule.zone_at(offer.place_id),
                clients=(client_id,),
                held=offer.calendar_entry_id,
                by_staff=True,
            )
            booking = await place_booking(unit, order, self.ids, self.tokens, actor.practice_id, now)
            appointment_id = booking.appointment.id
            await close_accepted(unit, offer, entry, appointment_id, now)
            await tell(unit, actor, "appointment_booked", booking, [client_id], clinician)
            return await unit.commit(await shown(unit, client_id, appointment_id, now))
