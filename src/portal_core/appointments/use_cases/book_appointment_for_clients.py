"""Staff book an appointment for a client, or for several who come together."""

from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.booking import (
    BookingDetails,
    SlotChoice,
    place_booking,
    require_seats,
    without_duplicates,
)
from portal_core.appointments.booking_changes import load_practice_view, notify
from portal_core.appointments.policy import bookable_by_staff, require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import Invalid
from portal_core.kernel.notices import APPOINTMENT_BOOKED
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class BookAppointmentForClientsCommand:
    """The time, and for whom. `outside_hours` books also where the clinician has published no availability.

    `took_place` writes down a visit that has begun, and not more than 30 days ago, as completed: nobody is told of it.
    """

    choice: SlotChoice
    client_ids: tuple[UUID, ...] = field(converter=without_duplicates)
    outside_hours: bool = False
    took_place: bool = False

    def __attrs_post_init__(self) -> None:
        if not self.client_ids:
            raise Invalid.at("client_ids", "required", "Say for whom.")


@frozen
class BookAppointmentForClients:
    """Books for clients and tells each of them, none of whom learns of the others.

    Front desk and administrators; clinicians in their own calendar. No notice, advance or grid binds staff, and
    nobody is booked over somebody else.

    Raises:
        NotFound: no such client, or a colleague's calendar.
        ClientDischarged: a client was discharged; make them active again first.
        NotBookable: a kind, place or clinician that the practice no longer has.
        Invalid: more clients than the kind has seats, or what `took_place` more than 30 days ago.
        NotStarted: what `took_place` has not begun.
        OverlappingAppointment, SlotTaken, OutsideAvailability, TooSoon: the time is not to be had.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor, command: BookAppointmentForClientsCommand) -> PracticeAppointmentView:
        choice, clients = command.choice, command.client_ids
        async with self.begin(actor) as unit:
            require_calendar_access(actor, choice.clinician_id)
            booking_options = await unit.directory.for_practice()
            appointment_type, clinician = bookable_by_staff(
                booking_options, choice.appointment_type_id, choice.location_id, choice.clinician_id
            )
            await require_seats(unit, appointment_type, clients)
            now = self.clock.now()
            await unit.calendar.lock([clinician.id], now, clients=clients)
            details = BookingDetails(
                choice=choice,
                appointment_type=appointment_type,
                clinician=clinician,
                time_zone=booking_options.time_zone_at(choice.location_id),
                clients=clients,
                by_staff=True,
                outside_hours=command.outside_hours,
                took_place=command.took_place,
            )
            booking = await place_booking(unit, details, self.ids, self.tokens, actor.practice_id, now)
            if not command.took_place:
                await notify(unit, actor, APPOINTMENT_BOOKED, booking, clients, clinician)
            return await unit.commit(await load_practice_view(unit, booking.appointment.id))
