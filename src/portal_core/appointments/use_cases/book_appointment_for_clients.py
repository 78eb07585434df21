"""Staff book an appointment for one or more clients."""

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
    """The slot and the clients. `outside_hours` also allows times without published availability.

    `took_place` records a visit that started at most 30 days ago as completed, at any time of day and without any
    notices.
    """

    choice: SlotChoice
    client_ids: tuple[UUID, ...] = field(converter=without_duplicates)
    outside_hours: bool = False
    took_place: bool = False

    def __attrs_post_init__(self) -> None:
        if not self.client_ids:
            raise Invalid.at("client_ids", "required", "Choose at least one client.")


@frozen
class BookAppointmentForClients:
    """Books for clients and notifies each, without revealing the others to them.

    For the front desk and administrators; clinicians in their own calendar. Notice, advance limit and grid do not apply
    to staff; double booking is refused for them too.

    Raises:
        NotFound: no such client, or a colleague's calendar.
        ClientDischarged: a client was discharged; reactivate them first.
        RecordDestroyed: the record of a client was erased.
        NotBookable: the appointment type, location or clinician is unknown or inactive.
        Invalid: more clients than seats, or with `took_place` a start more than 30 days ago.
        NotStarted: with `took_place`, the visit has not started.
        OverlappingAppointment, SlotTaken, OutsideAvailability, TooSoon: the time is not available.
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
