"""Staff add a client to a booked appointment."""

from functools import partial
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking import join_booking, require_active_clients
from portal_core.appointments.booking_changes import (
    find_for_practice,
    load_practice_view,
    lock_booking,
    notify,
)
from portal_core.appointments.policy import bookable_by_staff, require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.notices import APPOINTMENT_BOOKED
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class AddClientToAppointmentCommand:
    """The appointment and the client; `version` is the one that the actor saw, and None skips the check."""

    appointment_id: UUID
    client_id: UUID
    version: int | None = None


@frozen
class AddClientToAppointment:
    """Adds a client to an appointment with a free seat, or one who had cancelled, and notifies them.

    The other clients see no change. A fee for an earlier late change remains due. Staff as for
    `BookAppointmentForClients`.

    Raises:
        NotFound: no such appointment or client, or in a colleague's calendar.
        ClientDischarged: the client was discharged; reactivate them first.
        RecordDestroyed: the record of a client was erased.
        NotBookable: the appointment type, location or clinician is inactive.
        NotBooked, AlreadyStarted: it is closed, or has started.
        AlreadyAttending: the client already attends it.
        NoSeatLeft: as many clients attend as its type has seats.
        OverlappingAppointment: the client has another appointment at that time.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: AddClientToAppointmentCommand) -> PracticeAppointmentView:
        appointment_id, client_id = command.appointment_id, command.client_id
        async with self.begin(actor) as unit:
            require_calendar_access(actor)
            now = self.clock.now()
            find = partial(find_for_practice, unit, actor, appointment_id)
            booking = await lock_booking(unit, find, appointment_id, now, clients=[client_id], version=command.version)
            known = booking.appointment
            await require_active_clients(unit, [client_id])
            appointment_type, clinician = bookable_by_staff(
                await unit.directory.for_practice(), known.appointment_type_id, known.location_id, known.clinician_id
            )
            joined = await join_booking(unit, booking, client_id, appointment_type, now)
            await notify(unit, actor, APPOINTMENT_BOOKED, joined, [client_id], clinician)
            return await unit.commit(await load_practice_view(unit, appointment_id))
