"""Staff mark an appointment as completed."""

from functools import partial
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking_changes import (
    find_for_practice,
    load_practice_view,
    lock_booking,
)
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class CompleteAppointmentCommand:
    """`version` is the one that the actor saw; None skips the check."""

    appointment_id: UUID
    version: int | None = None


@frozen
class CompleteAppointment:
    """Marks an appointment as completed, for its attending clients. Staff as for `BookAppointmentForClients`.

    Raises:
        NotFound: no such appointment, or in a colleague's calendar.
        NotBooked: it is closed.
        NotStarted: it has not started.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: CompleteAppointmentCommand) -> PracticeAppointmentView:
        appointment_id = command.appointment_id
        async with self.begin(actor) as unit:
            require_calendar_access(actor)
            now = self.clock.now()
            find = partial(find_for_practice, unit, actor, appointment_id)
            booking = await lock_booking(unit, find, appointment_id, now, version=command.version)
            completed = booking.complete(at=now)
            await unit.appointments.save(
                completed,
                *(
                    AuditEntry("appointment.completed", appointment_id, record=client_id)
                    for client_id in booking.attending_client_ids
                ),
            )
            return await unit.commit(await load_practice_view(unit, appointment_id))
