"""Staff mark a client as a no-show."""

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
class MarkNoShowCommand:
    """The appointment and the client; `version` is the one that the actor saw, and None skips the check."""

    appointment_id: UUID
    client_id: UUID
    version: int | None = None


@frozen
class MarkNoShow:
    """Marks one client as a no-show; with no client left attending, the appointment too.

    Staff as for `BookAppointmentForClients`.

    Raises:
        NotFound: no such appointment or client in it, or in a colleague's calendar.
        NotBooked: it is closed, or the client had cancelled.
        NotStarted: it has not started.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: MarkNoShowCommand) -> PracticeAppointmentView:
        appointment_id, client_id = command.appointment_id, command.client_id
        async with self.begin(actor) as unit:
            require_calendar_access(actor)
            now = self.clock.now()
            find = partial(find_for_practice, unit, actor, appointment_id)
            booking = await lock_booking(unit, find, appointment_id, now, version=command.version)
            missed = booking.no_show(client_id, at=now)
            await unit.appointments.save(missed, AuditEntry("appointment.no_show", appointment_id, record=client_id))
            return await unit.commit(await load_practice_view(unit, appointment_id))
