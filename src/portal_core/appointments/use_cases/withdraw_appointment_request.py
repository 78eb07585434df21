"""A client withdraws an appointment request."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.pending_requests import load_request_view
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentRequestView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class WithdrawAppointmentRequest:
    """Withdraws a pending request. For clients, and proxies with write access.

    Raises:
        NotFound: no such request on this record.
        RequestClosed: it was already answered or withdrawn.
        StaleVersion: the practice answered at the same moment.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, request_id: UUID) -> AppointmentRequestView:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            request = await unit.requests.get(client_id, request_id)
            if request is None:
                raise NotFound("appointment_request", request_id)
            withdrawn = request.withdraw(at=self.clock.now())
            audit_entry = AuditEntry("appointment_request.withdrawn", request_id, record=client_id)
            await unit.requests.save(withdrawn, audit_entry)
            return await unit.commit(await load_request_view(unit, withdrawn))
