"""A client reads one appointment."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking_changes import load_view
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class GetAppointment:
    """Returns one of the record's appointments. For clients, and proxies with `appointments` access.

    Raises:
        NotFound: no such appointment on this record.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, appointment_id: UUID) -> AppointmentView:
        async with self.begin(actor, read_only=True) as unit:
            client_id = require_own_record(actor, "appointments")
            view = await load_view(unit, client_id, appointment_id, self.clock.now())
            await unit.audit.record(AuditEntry("appointments.read", appointment_id, record=client_id))
            return await unit.commit(view)
