"""A client looks at one appointment."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking_changes import shown
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentView
from portal_core.kernel.access import own_record
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ShowAppointment:
    """Shows one of the record's appointments. A client, or a proxy with `appointments`.

    Raises:
        NotFound: no such appointment on this record.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, appointment_id: UUID) -> AppointmentView:
        async with self.begin(actor) as unit:
            client_id = own_record(actor, "appointments")
            view = await shown(unit, client_id, appointment_id, self.clock.now())
            await unit.audit.record(Audited("appointments.read", appointment_id, record=client_id))
            return await unit.commit(view)
