"""What clients asked for, and the practice's answer."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody

from entrypoints.http.appointments.appointments import Reason
from entrypoints.http.appointments.practice.appointments import REFUSALS
from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, Instant, PageSize, Request, Version, page
from entrypoints.http.contract.routing import get, patch, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.errors import ClientDischarged, RequestClosed
from portal_core.appointments.use_cases.confirm_request import ConfirmRequest, ConfirmRequestCommand
from portal_core.appointments.use_cases.decline_request import DeclineRequest, DeclineRequestCommand
from portal_core.appointments.use_cases.list_practice_requests import ListPracticeRequests, ListPracticeRequestsQuery
from portal_core.appointments.views import RequestView
from portal_core.appointments.views_practice import PracticeAppointmentView, PracticeRequestView
from portal_core.appointments.waiting import RequestStatus
from portal_core.kernel.errors import Forbidden, RecordDestroyed, StaleVersion
from portal_core.kernel.page import Page


class ConfirmRequestRequest(Request, frozen=True):
    """A time within one of the preferred ones, and with whom; the kind and the place are those asked for."""

    clinician_id: UUID
    starts_at: Instant
    outside_hours: bool = False
    version: Version | None = None


class DeclineRequestRequest(Request, frozen=True):
    """`answer` is shown to the client."""

    answer: Reason | None = None
    version: Version | None = None


class PracticeRequestsController(Controller):
    """Requests of clients."""

    path = "/appointments/requests"
    tags = ("Practice: appointments",)

    @get("", raises=[Forbidden])
    async def list_practice_requests(
        self,
        request: PortalRequest,
        list_practice_requests: NamedDependency[ListPracticeRequests],
        status: FromQuery[RequestStatus] = "pending",
        after: FromQuery[Cursor] = "",
        size: FromQuery[PageSize] = 20,
    ) -> Page[PracticeRequestView]:
        """Requests of one status, oldest first."""
        return await list_practice_requests(request.actor, ListPracticeRequestsQuery(status, page(after, size)))

    @post("/{request_id:uuid}/confirm", raises=[Forbidden, RequestClosed, ClientDischarged, StaleVersion, *REFUSALS])
    async def confirm_request(
        self,
        request: PortalRequest,
        request_id: FromPath[UUID],
        data: JSONBody[ConfirmRequestRequest],
        confirm_request: NamedDependency[ConfirmRequest],
    ) -> PracticeAppointmentView:
        """Books what a client asked for, and tells them."""
        command = ConfirmRequestCommand(
            request_id=request_id,
            clinician_id=data.clinician_id,
            starts_at=data.starts_at,
            outside_hours=data.outside_hours,
            version=data.version,
        )
        return await confirm_request(request.actor, command)

    @patch("/{request_id:uuid}/decline", raises=[Forbidden, RequestClosed, RecordDestroyed, StaleVersion])
    async def decline_request(
        self,
        request: PortalRequest,
        request_id: FromPath[UUID],
        data: JSONBody[DeclineRequestRequest],
        decline_request: NamedDependency[DeclineRequest],
    ) -> RequestView:
        """Declines a request, and tells the client that there is an answer."""
        command = DeclineRequestCommand(request_id=request_id, answer=data.answer, version=data.version)
        return await decline_request(request.actor, command)
