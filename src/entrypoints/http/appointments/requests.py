"""Endpoints for a client's appointment requests."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, Instant, PageSize, Request, page
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.appointment_request import MAX_PREFERRED_TIMES, MAX_REASON_LENGTH, PreferredTime
from portal_core.appointments.errors import ClientDischarged, NotBookable, RequestClosed, TooManyOpenRequests
from portal_core.appointments.use_cases.list_appointment_requests import (
    ListAppointmentRequests,
    ListAppointmentRequestsQuery,
)
from portal_core.appointments.use_cases.request_appointment import RequestAppointment, RequestAppointmentCommand
from portal_core.appointments.use_cases.withdraw_appointment_request import WithdrawAppointmentRequest
from portal_core.appointments.views import AppointmentRequestView
from portal_core.kernel.errors import Forbidden, RecordDestroyed, StaleVersion
from portal_core.kernel.page import Page


class PreferredTimeRequest(Request, frozen=True):
    """A range of time that suits the client: the appointment may be anywhere between `starts_at` and `ends_at`."""

    starts_at: Instant
    ends_at: Annotated[Instant, Meta(examples=["2027-03-14T18:00:00Z"])]


class AppointmentRequestBody(Request, frozen=True):
    """Up to three different preferred times.

    No location means telehealth; no clinician means any clinician of the care team.
    """

    appointment_type_id: UUID
    preferred: Annotated[tuple[PreferredTimeRequest, ...], Meta(min_length=1, max_length=MAX_PREFERRED_TIMES)]
    location_id: UUID | None = None
    clinician_id: UUID | None = None
    reason: Annotated[str, Meta(max_length=MAX_REASON_LENGTH, examples=["After work would be best."])] | None = None

    def command(self) -> RequestAppointmentCommand:
        """Convert to the use case's command."""
        return RequestAppointmentCommand(
            appointment_type_id=self.appointment_type_id,
            preferred=tuple(PreferredTime(starts_at=one.starts_at, ends_at=one.ends_at) for one in self.preferred),
            location_id=self.location_id,
            clinician_id=self.clinician_id,
            reason=self.reason,
        )


class AppointmentRequestsController(Controller):
    """Requests that the practice confirms or declines."""

    path = "/appointments"
    tags = ("Appointment requests",)

    @post("/request", raises=[Forbidden, ClientDischarged, NotBookable, TooManyOpenRequests, RecordDestroyed])
    async def request_appointment(
        self,
        request: PortalRequest,
        data: JSONBody[AppointmentRequestBody],
        request_appointment: NamedDependency[RequestAppointment],
    ) -> AppointmentRequestView:
        """Requests an appointment at up to three preferred times. No time is reserved."""
        return await request_appointment(request.actor, data.command())

    @get("/requests")
    async def list_appointment_requests(
        self,
        request: PortalRequest,
        list_appointment_requests: NamedDependency[ListAppointmentRequests],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[AppointmentRequestView]:
        """Lists the record's requests with their status, latest first."""
        return await list_appointment_requests(request.actor, ListAppointmentRequestsQuery(page(after, size)))

    @post("/requests/{request_id:uuid}/withdraw", status_code=200, raises=[Forbidden, RequestClosed, StaleVersion])
    async def withdraw_appointment_request(
        self,
        request: PortalRequest,
        request_id: FromPath[UUID],
        withdraw_appointment_request: NamedDependency[WithdrawAppointmentRequest],
    ) -> AppointmentRequestView:
        """Withdraws a pending request."""
        return await withdraw_appointment_request(request.actor, request_id)
