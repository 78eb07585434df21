"""Staff list the practice's appointment requests."""

from attrs import field, frozen

from portal_core.appointments.appointment_request import RequestStatus
from portal_core.appointments.pending_requests import require_request_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentRequestView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin


@frozen
class ListPracticeAppointmentRequestsQuery:
    """The status and the page."""

    status: RequestStatus = "pending"
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListPracticeAppointmentRequests:
    """Lists the practice's requests, oldest first. For the front desk and administrators.

    Raises:
        Invalid: an invalid cursor, or a page size out of range.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(
        self, actor: Actor, query: ListPracticeAppointmentRequestsQuery
    ) -> Page[PracticeAppointmentRequestView]:
        async with self.begin(actor, read_only=True) as unit:
            require_request_access(actor)
            found = await unit.request_reads.list_for_practice(query.status, query.page)
            for client_id in sorted({one.client_id for one in found.items}):
                await unit.audit.record(AuditEntry("appointment_requests.read", record=client_id))
            return await unit.commit(found)
