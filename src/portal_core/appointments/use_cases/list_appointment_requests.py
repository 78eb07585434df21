"""A client lists their appointment requests."""

from attrs import field, frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentRequestView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin


@frozen
class ListAppointmentRequestsQuery:
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListAppointmentRequests:
    """Lists a record's requests, latest first. For clients, and proxies with `appointments` access.

    Raises:
        Invalid: an invalid cursor, or a page size out of range.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, query: ListAppointmentRequestsQuery) -> Page[AppointmentRequestView]:
        async with self.begin(actor, read_only=True) as unit:
            client_id = require_own_record(actor, "appointments")
            await unit.audit.record(AuditEntry("appointment_requests.read", record=client_id))
            found = await unit.request_reads.list_for_client(client_id, query.page)
            return await unit.commit(found)
