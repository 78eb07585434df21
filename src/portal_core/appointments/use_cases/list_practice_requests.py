"""The practice looks through the requests that it is to answer."""

from attrs import field, frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.requests import answers_requests
from portal_core.appointments.views_practice import PracticeRequestView
from portal_core.appointments.waiting import RequestStatus
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin


@frozen
class ListPracticeRequestsQuery:
    """Which of them, and which page."""

    status: RequestStatus = "pending"
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListPracticeRequests:
    """Lists the practice's requests, oldest first. Front desk and administrators.

    Raises:
        Invalid: a cursor that is none of ours, or a page size out of range.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, query: ListPracticeRequestsQuery) -> Page[PracticeRequestView]:
        async with self.begin(actor) as unit:
            answers_requests(actor)
            found = await unit.request_reads.list_for_practice(query.status, query.page)
            for client_id in sorted({one.client_id for one in found.items}):
                await unit.audit.record(Audited("appointment_requests.read", record=client_id))
            return await unit.commit(found)
