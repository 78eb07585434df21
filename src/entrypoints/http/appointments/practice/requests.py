"""Staff endpoints for appointment requests."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody

from entrypoints.http.appointments.appointments import Reason
from entrypoints.http.appointments.practice.appointments import BOOKING_ERRORS
from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, Instant, PageSize, Request, Version, page
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.appointment_request import RequestStatus
from portal_core.appointments.errors import (
    AlreadyAttending,
    AlreadyStarted,
    ClientDischarged,
    NoSeatLeft,
    RequestClosed,
)
from portal_core.appointments.practice_views import PracticeAppointmentRequestView, PracticeAppointmentView
from portal_core.appointments.use_cases.confirm_appointment_request import (
    ConfirmAppointmentRequest,
    ConfirmAppointmentRequestCommand,
)
from portal_core.appointments.use_cases.decline_appointment_request import (
    DeclineAppointmentRequest,
    DeclineAppointmentRequestCommand,
)
from portal_core.appointments.use_cases.list_practice_appointment_requests import (
    ListPracticeAppointmentRequests,
    ListPracticeAppointmentRequestsQuery,
)
from portal_core.appointments.views import AppointmentRequestView
from portal_core.kernel.errors import Forbidden, RecordDestroyed, StaleVersion
from portal_core.kernel.page import Page


class ConfirmAppointmentRequestBody(Request, frozen=True):
    """A time within one of the preferred times, and the clinician; appointment type and location are as requested."""

    clinician_id: UUID
    starts_at: Instant
    outside_hours: bool = False
    version: Version | None = None


class DeclineAppointmentRequestBody(Request, frozen=True):
    """`answer` is shown to the client."""

    answer: Reason | None = None
    version: Version | None = None


class PracticeAppointmentRequestsController(Controller):
    """Appointment requests of clients."""

    path = "/appointments/requests"
    tags = ("Practice: appointments",)

    @get("", raises=[Forbidden])
    async def list_practice_appointment_requests(
        self,
        request: PortalRequest,
        list_practice_appointment_requests: NamedDependency[ListPracticeAppointmentRequests],
        status: FromQuery[RequestStatus] = "pending",
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[PracticeAppointmentRequestView]:
        """Lists requests with a status, oldest first."""
        return await list_practice_appointment_requests(
            request.actor, ListPracticeAppointmentRequestsQuery(status, page(after, size))
        )

    @post(
        "/{request_id:uuid}/confirm",
        raises=[
            Forbidden,
            RequestClosed,
            ClientDischarged,
            RecordDestroyed,
            StaleVersion,
            AlreadyStarted,
            AlreadyAttending,
            NoSeatLeft,
            *BOOKING_ERRORS,
        ],
    )
    async def confirm_appointment_request(
        self,
        request: PortalRequest,
        request_id: FromPath[UUID],
        data: JSONBody[ConfirmAppointmentRequestBody],
        confirm_appointment_request: NamedDependency[ConfirmAppointmentRequest],
    ) -> PracticeAppointmentView:
        """Books what a client requested, and notifies them.

        Where the appointment type has several seats, the client joins the appointment that is booked at this time.
        """
        command = ConfirmAppointmentRequestCommand(
            request_id=request_id,
            clinician_id=data.clinician_id,
            starts_at=data.starts_at,
            outside_hours=data.outside_hours,
            version=data.version,
        )
        return await confirm_appointment_request(request.actor, command)

    @post(
        "/{request_id:uuid}/decline",
        status_code=200,
        raises=[Forbidden, RequestClosed, RecordDestroyed, StaleVersion],
    )
    async def decline_appointment_request(
        self,
        request: PortalRequest,
        request_id: FromPath[UUID],
        data: JSONBody[DeclineAppointmentRequestBody],
        decline_appointment_request: NamedDependency[DeclineAppointmentRequest],
    ) -> AppointmentRequestView:
        """Declines a request, and notifies the client."""
        command = DeclineAppointmentRequestCommand(request_id=request_id, answer=data.answer, version=data.version)
        return await decline_appointment_request(request.actor, command)
