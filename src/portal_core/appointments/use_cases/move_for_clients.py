"""The practice moves an appointment."""

from functools import partial
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking import Order, SlotChoice, move_booking
from portal_core.appointments.booking_changes import give_back, locked, shown_to_practice, tell
from portal_core.appointments.policy import bookable_by_staff, scheduler
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views_practice import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import Invalid
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class MoveForClientsCommand:
    """The new time in full; its kind is the appointment's own."""

    appointment_id: UUID
    choice: SlotChoice
    outside_hours: bool = False
    version: int | None = None


@frozen
class MoveForClients:
    """Moves an appointment for all who come, without a fee, and tells each. Staff as for `BookForClient`.

    One who was discharged moves with the others: what was booked before stands until it is cancelled.

    Raises:
        NotFound: no such appointment, or in a colleague's calendar, or moved into one.
        NotBooked, AlreadyStarted: it is closed, or has begun.
        NotBookable: a place or clinician that the practice no longer has.
        Invalid: another kind of appointment.
        OwnOverlap, SlotTaken, OutsideAvailability, TooSoon: the new time is not to be had.
        StaleVersion: it changed after it was shown.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: MoveForClientsCommand) -> PracticeAppointmentView:
        appointment_id, choice = command.appointment_id, command.choice
        async with self.begin(actor) as unit:
            scheduler(actor, choice.clinician_id)
            now = self.clock.now()
            booking = await locked(
                unit,
                partial(unit.appointments.whole, appointment_id),
                appointment_id,
                now,
                clinicians=[choice.clinician_id],
                version=command.version,
            )
            was, clients = booking.appointment, booking.attending
            scheduler(actor, was.clinician_id)
            if choice.kind_id != was.kind_id:
                raise Invalid.at("kind_id", "not_the_same", "Moving keeps the kind; cancel and book anew for another.")
            schedule = await unit.directory.for_practice()
            kind, clinician = bookable_by_staff(schedule, choice.kind_id, choice.place_id, choice.clinician_id)
            order = Order(
                choice=choice,
                kind=kind,
                clinician=clinician,
                zone=schedule.zone_at(choice.place_id),
                clients=clients,
                by_staff=True,
                outside_hours=command.outside_hours,
            )
            moved = await move_booking(unit, booking, order, now)
            await give_back(unit, was, self.ids, now)
            await tell(unit, actor, "appointment_rescheduled", moved, clients, clinician)
            if was.clinician_id != clinician.id:
                await tell(unit, actor, "appointment_cancelled", moved, [], schedule.clinicians.get(was.clinician_id))
            return await unit.commit(await shown_to_practice(unit, was.id))
