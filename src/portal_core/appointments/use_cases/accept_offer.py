"""A client accepts a waitlist offer."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking import BookingDetails, SlotChoice, place_booking
from portal_core.appointments.booking_changes import load_view, notify
from portal_core.appointments.errors import WaitlistEntryClosed
from portal_core.appointments.policy import reservable_by_client
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentView
from portal_core.appointments.waitlist_offers import lock_offer, record_acceptance
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.notices import APPOINTMENT_BOOKED
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class AcceptOffer:
    """Books the offered time and closes the waitlist entry. For clients, and proxies with write access.

    Notice, advance limit and grid were checked when the offer was made, and are not checked again.

    Raises:
        NotFound: no such offer on this record.
        OfferClosed: it was accepted or declined, or has expired.
        WaitlistEntryClosed: another offer was accepted, or the client has left the waitlist.
        ClientDischarged: the client was discharged.
        NotBookable: it is no longer bookable online for this client.
        OverlappingAppointment, SlotTaken, OutsideAvailability, TooSoon: the time is no longer available.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor, offer_id: UUID) -> AppointmentView:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            now = self.clock.now()
            offer = await lock_offer(unit, client_id, offer_id, now)
            offer.require_open(now)
            entry = await unit.waitlist.get(client_id, offer.entry_id)
            if entry is None:
                raise WaitlistEntryClosed
            entry.require_waiting()
            booking_options = await unit.directory.for_client(client_id)
            appointment_type, clinician = reservable_by_client(
                booking_options, offer.appointment_type_id, offer.location_id, offer.clinician_id
            )
            details = BookingDetails(
                choice=SlotChoice(
                    clinician_id=offer.clinician_id,
                    appointment_type_id=offer.appointment_type_id,
                    location_id=offer.location_id,
                    starts_at=offer.starts_at,
                ),
                appointment_type=appointment_type,
                clinician=clinician,
                time_zone=booking_options.time_zone_at(offer.location_id),
                clients=(client_id,),
                held_entry_id=offer.calendar_entry_id,
                by_staff=True,
            )
            booking = await place_booking(unit, details, self.ids, self.tokens, actor.practice_id, now)
            appointment_id = booking.appointment.id
            await record_acceptance(unit, offer, entry, appointment_id, now)
            await notify(unit, actor, APPOINTMENT_BOOKED, booking, [client_id], clinician)
            return await unit.commit(await load_view(unit, client_id, appointment_id, now))
