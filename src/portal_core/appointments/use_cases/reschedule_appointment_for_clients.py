"""Staff move an appointment."""

from functools import partial
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking import BookingDetails, SlotChoice, reschedule_booking
from portal_core.appointments.booking_changes import (
    add_freed_slot,
    find_for_practice,
    load_practice_view,
    lock_booking,
    notify,
)
from portal_core.appointments.policy import bookable_by_staff, require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import Invalid
from portal_core.kernel.notices import APPOINTMENT_CANCELLED, APPOINTMENT_RESCHEDULED
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class RescheduleAppointmentForClientsCommand:
    """The new slot, with the appointment's own type."""

    appointment_id: UUID
    choice: SlotChoice
    outside_hours: bool = False
    version: int | None = None


@frozen
class RescheduleAppointmentForClients:
    """Moves an appointment for all attending clients, without a fee, and notifies each.

    Staff as for `BookAppointmentForClients`. Discharged clients are moved too: their existing appointments stay booked
    until cancelled.

    Raises:
        NotFound: no such appointment, or the old or new time is in a colleague's calendar.
        NotBooked, AlreadyStarted: it is closed, or has started.
        NotBookable: the appointment type, location or clinician is unknown or inactive.
        Invalid: another appointment type.
        OverlappingAppointment, SlotTaken, OutsideAvailability, TooSoon: the new time is not available.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: RescheduleAppointmentForClientsCommand) -> PracticeAppointmentView:
        appointment_id, choice = command.appointment_id, command.choice
        async with self.begin(actor) as unit:
            require_calendar_access(actor, choice.clinician_id)
            now = self.clock.now()
            booking = await lock_booking(
                unit,
                partial(find_for_practice, unit, actor, appointment_id),
                appointment_id,
                now,
                clinicians=[choice.clinician_id],
                version=command.version,
            )
            previous, clients = booking.appointment, booking.attending_client_ids
            if choice.appointment_type_id != previous.appointment_type_id:
                raise Invalid.at(
                    "appointment_type_id",
                    "appointment_type_differs",
                    "Must be the same. To change the type, cancel and book again.",
                )
            booking_options = await unit.directory.for_practice()
            appointment_type, clinician = bookable_by_staff(
                booking_options, choice.appointment_type_id, choice.location_id, choice.clinician_id
            )
            details = BookingDetails(
                choice=choice,
                appointment_type=appointment_type,
                clinician=clinician,
                time_zone=booking_options.time_zone_at(choice.location_id),
                clients=clients,
                by_staff=True,
                outside_hours=command.outside_hours,
            )
            moved = await reschedule_booking(unit, booking, details, now)
            await add_freed_slot(unit, previous, self.ids, now)
            await notify(unit, actor, APPOINTMENT_RESCHEDULED, moved, clients, clinician)
            if previous.clinician_id != clinician.id:
                await notify(
                    unit,
                    actor,
                    APPOINTMENT_CANCELLED,
                    moved,
                    [],
                    booking_options.clinicians.get(previous.clinician_id),
                )
            return await unit.commit(await load_practice_view(unit, previous.id))
