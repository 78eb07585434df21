"""Staff book an appointment for a client, or for several who come together."""

from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.booking import Order, SlotChoice, once_each, place_booking, require_seats
from portal_core.appointments.booking_changes import shown_to_practice, tell
from portal_core.appointments.policy import bookable_by_staff, scheduler
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views_practice import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import Invalid
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class BookForClientCommand:
    """The time, and for whom. `outside_hours` books also where the clinician has published no availability.

    `took_place` writes down a visit that has begun, and not more than 30 days ago, as completed: nobody is told of it.
    """

    choice: SlotChoice
    client_ids: tuple[UUID, ...] = field(converter=once_each)
    outside_hours: bool = False
    took_place: bool = False

    def __attrs_post_init__(self) -> None:
        if not self.client_ids:
            raise Invalid.at("client_ids", "required", "Say for whom.")


@frozen
class BookForClient:
    """Books for clients and tells each of them, none of whom learns of the others.

    Front desk and administrators; clinicians in their own calendar. No notice, advance or grid binds staff, and
    nobody is booked over somebody else.

    Raises:
        NotFound: no such client, or a colleague's calendar.
        ClientDischarged: a client was discharged; make them active again first.
        NotBookable: a kind, place or clinician that the practice no longer has.
        Invalid: more clients than the kind has seats, or what `took_place` more than 30 days ago.
        NotStarted: what `took_place` has not begun.
        OwnOverlap, SlotTaken, OutsideAvailability, TooSoon: the time is not to be had.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor, command: BookForClientCommand) -> PracticeAppointmentView:
        choice, clients = command.choice, command.client_ids
        async with self.begin(actor) as unit:
            scheduler(actor, choice.clinician_id)
            schedule = await unit.directory.for_practice()
            kind, clinician = bookable_by_staff(schedule, choice.kind_id, choice.place_id, choice.clinician_id)
            await require_seats(unit, kind, clients)
            now = self.clock.now()
            await unit.calendar.lock([clinician.id], now, clients=clients)
            order = Order(
                choice=choice,
                kind=kind,
                clinician=clinician,
                zone=schedule.zone_at(choice.place_id),
                clients=clients,
                by_staff=True,
                outside_hours=command.outside_hours,
                took_place=command.took_place,
            )
            booking = await place_booking(unit, order, self.ids, self.tokens, actor.practice_id, now)
            if not command.took_place:
                await tell(unit, actor, "appointment_booked", booking, clients, clinician)
            return await unit.commit(await shown_to_practice(unit, booking.appointment.id))
