"""Staff list the corrections of an appointment."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import CorrectionView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound
from portal_core.kernel.page import Page
from portal_core.kernel.uow import Begin


@frozen
class ListCorrections:
    """What was put right in an appointment, with the reasons, latest first. Staff as for `BookAppointmentForClients`.

    Raises:
        NotFound: no such appointment, or in a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, appointment_id: UUID) -> Page[CorrectionView]:
        async with self.begin(actor, read_only=True) as unit:
            require_calendar_access(actor)
            booking = await unit.appointments.get_for_practice(appointment_id)
            if booking is None:
                raise NotFound("appointment", appointment_id)
            require_calendar_access(actor, booking.appointment.clinician_id)
            found = await unit.corrections.of_appointment(appointment_id)
            clients = sorted({one.client_id for one in found})
            known = await unit.directory.clients(clients)
            for client_id in clients:
                await unit.audit.record(AuditEntry("corrections.read", appointment_id, record=client_id))
            return await unit.commit(Page(tuple(CorrectionView.of(one, known[one.client_id]) for one in found)))
