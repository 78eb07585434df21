"""Staff endpoints for many appointments at once: those given to a colleague, those that rules of zones shifted."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import FromPath, Instant, Request
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.availability_views import ReassignedAppointmentsView
from portal_core.appointments.errors import NotBookable
from portal_core.appointments.practice_views import AppointmentSummaryView
from portal_core.appointments.use_cases.list_shifted_appointments import ListShiftedAppointments
from portal_core.appointments.use_cases.reassign_appointments import (
    MAX_CHOSEN,
    ReassignAppointments,
    ReassignAppointmentsCommand,
)
from portal_core.kernel.errors import Forbidden
from portal_core.kernel.page import Page


class ReassignAppointmentsRequest(Request, frozen=True):
    """The colleague, and which appointments: all to come, those that start from `since` up to, not including, `until`,
    or those in `appointment_ids`.

    `outside_hours` also allows times at which the colleague has no published availability.
    """

    to_clinician_id: UUID
    since: Annotated[Instant | None, Meta(examples=[None])] = None
    until: Annotated[Instant | None, Meta(examples=[None])] = None
    appointment_ids: Annotated[tuple[UUID, ...], Meta(max_length=MAX_CHOSEN)] | None = None
    outside_hours: bool = False


class ShiftedAppointmentsController(Controller):
    """Appointments that a change of time zone rules has shifted."""

    path = "/appointments/shifted"
    tags = ("Practice: appointments",)

    @get("", raises=[Forbidden])
    async def list_shifted_appointments(
        self, request: PortalRequest, list_shifted_appointments: NamedDependency[ListShiftedAppointments]
    ) -> Page[AppointmentSummaryView]:
        """Lists booked appointments that no longer begin at the local time that was booked.

        A daily job moves them back, except those that would then begin in the past or while the clinician is busy.
        """
        return await list_shifted_appointments(request.actor)


class ReassignmentController(Controller):
    """A clinician's appointments in the hands of a colleague."""

    path = "/clinicians/{clinician_id:uuid}/appointments"
    tags = ("Practice: appointments",)

    @post("/reassign", status_code=200, raises=[Forbidden, NotBookable])
    async def reassign_appointments(
        self,
        request: PortalRequest,
        clinician_id: FromPath[UUID],
        data: JSONBody[ReassignAppointmentsRequest],
        reassign_appointments: NamedDependency[ReassignAppointments],
    ) -> ReassignedAppointmentsView:
        """Gives a clinician's booked appointments to a colleague, at the same time and place.

        Those at a time at which the colleague is not free stay, and are listed in `refused` with the reason. Clients
        are told once. The clinician's series go along, and the colleague joins the clients' care teams, from which a
        clinician who has left the practice is taken. Repeating it does no harm.
        """
        command = ReassignAppointmentsCommand(
            from_clinician_id=clinician_id,
            to_clinician_id=data.to_clinician_id,
            since=data.since,
            until=data.until,
            appointment_ids=data.appointment_ids,
            outside_hours=data.outside_hours,
        )
        return await reassign_appointments(request.actor, command)
