"""A client books a free time."""

from datetime import datetime
from uuid import UUID

from attrs import evolve, frozen

from portal_core.appointments.booking import (
    BookingDetails,
    SlotChoice,
    create_booking,
    find_shared,
    join_booking,
    require_bookable,
)
from portal_core.appointments.booking_changes import load_view, notify
from portal_core.appointments.errors import AlreadyAttending, HoldExpired, NotBookable, SlotTaken
from portal_core.appointments.hold import Hold
from portal_core.appointments.model import Appointment, Booking
from portal_core.appointments.policy import bookable_by_client, join_refusal
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.settings import AppointmentType
from portal_core.appointments.views import AppointmentRow, AppointmentView, WaitlistOfferView
from portal_core.appointments.waitlist import WaitlistOffer
from portal_core.appointments.waitlist_offers import record_acceptance
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import Invalid, NotFound
from portal_core.kernel.notices import APPOINTMENT_BOOKED
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class BookAppointmentCommand:
    """Either a slot or one of the client's own holds. Choosing the slot of an own hold has the same effect.

    Raises:
        Invalid: neither, or both.
    """

    choice: SlotChoice | None = None
    hold_id: UUID | None = None

    def __attrs_post_init__(self) -> None:
        if (self.choice is None) == (self.hold_id is None):
            raise Invalid.at("hold_id", "slot_or_hold", "Choose either a time or a hold, not both.")


@frozen
class BookAppointment:
    """Books a slot for the client, and notifies them and the clinician. For clients, and proxies with write access.

    Everything is checked again under the lock of the clinician's calendar, and the calendar makes the final decision.
    If the slot is reserved for this client, the reservation is used: their hold is removed, or their open offer
    accepted. Where the appointment type has several seats, the client joins the appointment that is booked at this
    time, if there is one, and begins one only where the practice lets clients do so.

    Raises:
        NotFound: no such hold on this record.
        HoldExpired: the hold has expired.
        ClientDischarged: the client was discharged.
        NotBookable: not bookable online for this client, the practice took them out of the appointment at this time, or
            there is none that they can join.
        OverlappingAppointment, SlotTaken, OutsideAvailability, TooSoon, TooFar: the time is not available.
        AlreadyAttending, NoSeatLeft: the client already attends the appointment at this time, or its seats are taken.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor, command: BookAppointmentCommand) -> AppointmentView:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            hold = await _get_hold(unit, client_id, command.hold_id) if command.hold_id else None
            choice = command.choice if hold is None else _slot_choice(hold)
            assert choice is not None, "the command has exactly one of the two"
            booking_options = await unit.directory.for_client(client_id)
            appointment_type, clinician = bookable_by_client(
                booking_options, choice.appointment_type_id, choice.location_id, choice.clinician_id
            )
            now = self.clock.now()
            await unit.calendar.lock([clinician.id], now, clients=[client_id])
            # Read again: another request may have used it before this one got the lock.
            reservation: Hold | WaitlistOffer | None = await _unexpired_hold(unit, hold, now) if hold else None
            if appointment_type.seats > 1 and (shared := await find_shared(unit, choice)):
                joined = await _join(unit, shared, client_id, appointment_type, now)
                await notify(unit, actor, APPOINTMENT_BOOKED, joined, [client_id], clinician)
                return await unit.commit(await load_view(unit, client_id, shared.id, now))
            if appointment_type.joined_only:
                raise NotBookable("The practice has not opened a group at this time. Choose one of the listed times.")
            details = BookingDetails(
                choice=choice,
                appointment_type=appointment_type,
                clinician=clinician,
                time_zone=booking_options.time_zone_at(choice.location_id),
                clients=(client_id,),
                held_entry_id=reservation.calendar_entry_id if reservation else None,
            )
            try:
                await require_bookable(unit, details, now)
            except SlotTaken:
                # Look up the client's own reservation only now, since most slots are free.
                reservation = None if hold else await _find_reservation(unit, client_id, choice, now)
                if reservation is None:
                    raise
                details = evolve(details, held_entry_id=reservation.calendar_entry_id)
                await require_bookable(unit, details, now)
            booking = await create_booking(unit, details, self.ids, self.tokens, actor.practice_id, now)
            if reservation is not None:
                await _consume(unit, reservation, booking.appointment.id, now)
            await notify(unit, actor, APPOINTMENT_BOOKED, booking, [client_id], clinician)
            row = AppointmentRow.of(booking, client_id, booking_options)
            return await unit.commit(AppointmentView.of(row, now))


async def _join(
    unit: AppointmentUnit, shared: Appointment, client_id: UUID, appointment_type: AppointmentType, now: datetime
) -> Booking:
    """Add the client to an appointment that others have booked."""
    own = await unit.appointments.get(client_id, shared.id)
    if own is not None and own.attending_client_ids:
        raise AlreadyAttending
    if own is not None and own.attendance_of(client_id).removed:
        raise NotBookable("The practice took you out of this appointment. Ask them to add you again.")
    if refusal := join_refusal(shared, appointment_type, now):
        raise refusal
    booking = own or Booking(appointment=shared, attendances=())
    return await join_booking(unit, booking, client_id, appointment_type, now)


async def _get_hold(unit: AppointmentUnit, client_id: UUID, hold_id: UUID) -> Hold:
    hold = await unit.holds.get(client_id, hold_id)
    if hold is None:
        raise NotFound("hold", hold_id)
    return hold


async def _unexpired_hold(unit: AppointmentUnit, hold: Hold, now: datetime) -> Hold:
    if hold.expires_at <= now:
        raise HoldExpired
    return await _get_hold(unit, hold.client_id, hold.id)


async def _find_reservation(
    unit: AppointmentUnit, client_id: UUID, choice: SlotChoice, now: datetime
) -> Hold | WaitlistOffer | None:
    """The client's own unexpired hold or open offer of exactly this slot."""
    for hold in await unit.holds.of_client(client_id, now):
        if _slot_choice(hold) == choice:
            return hold
    for entry in await unit.waitlist_reads.of_client(client_id):
        offer = entry.as_of(now).offer
        if offer is not None and _slot_choice(offer) == choice:
            return await unit.offers.get(client_id, offer.id)
    return None


async def _consume(
    unit: AppointmentUnit, reservation: Hold | WaitlistOffer, appointment_id: UUID, now: datetime
) -> None:
    if isinstance(reservation, Hold):
        await unit.holds.remove(
            reservation.client_id,
            reservation.id,
            AuditEntry("hold.booked", reservation.id, record=reservation.client_id),
        )
        return
    entry = await unit.waitlist.get(reservation.client_id, reservation.entry_id)
    assert entry is not None, "the offer was found through its entry"
    await record_acceptance(unit, reservation, entry, appointment_id, now)


def _slot_choice(reservation: Hold | WaitlistOfferView) -> SlotChoice:
    return SlotChoice(
        clinician_id=reservation.clinician_id,
        appointment_type_id=reservation.appointment_type_id,
        location_id=reservation.location_id,
        starts_at=reservation.starts_at,
    )
