"""Endpoints for a client to join a video visit.

A client's location is health information and must not be in a URL, which logs and browser histories store. So GET
returns what is required, and POST takes it in the body and returns the link.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from entrypoints.http.contract.fields import FromPath, Phone, Request
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.errors import JoinClosed, JoinNotOpen, NoRoom, NotBooked, NotTelehealth
from portal_core.appointments.use_cases.get_appointment import GetAppointment
from portal_core.appointments.use_cases.join_video_visit import JoinVideoVisit, JoinVideoVisitCommand
from portal_core.appointments.views import AppointmentView, VideoVisitLinkView
from portal_core.kernel.errors import Forbidden, RecordDestroyed, Unavailable


class JoinStatus(Struct, frozen=True, kw_only=True):
    """Whether the client can join now, and the fields that joining requires. `opens_at` is null for an office visit."""

    can_join: bool
    opens_at: datetime | None
    ends_at: datetime
    required_fields: tuple[Literal["client_location", "callback"], ...] = ("client_location", "callback")

    @classmethod
    def of(cls, appointment: AppointmentView) -> "JoinStatus":
        """The status of one appointment, as of now."""
        return cls(can_join=appointment.can_join, opens_at=appointment.join_opens_at, ends_at=appointment.ends_at)


class JoinRequest(Request, frozen=True):
    """The client's current location, so that emergency help can be sent to the right address, and a callback number."""

    client_location: Annotated[str, Meta(min_length=1, max_length=500, examples=["At home: 12 Elm Street, Albany"])]
    callback: Phone


class VideoVisitController(Controller):
    """Joining a video visit."""

    path = "/appointments/{appointment_id:uuid}/join"
    tags = ("Appointments",)

    @get("")
    async def get_join_status(
        self, request: PortalRequest, appointment_id: FromPath[UUID], get_appointment: NamedDependency[GetAppointment]
    ) -> JoinStatus:
        """Returns whether the room is open, when it opens, and what joining requires."""
        return JoinStatus.of(await get_appointment(request.actor, appointment_id))

    @post(
        "",
        status_code=200,
        idempotent=False,
        raises=[Forbidden, NotBooked, NotTelehealth, JoinNotOpen, JoinClosed, NoRoom, RecordDestroyed, Unavailable],
    )
    async def join_video_visit(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[JoinRequest],
        join_video_visit: NamedDependency[JoinVideoVisit],
    ) -> VideoVisitLinkView:
        """Returns a short-lived link into the room, from 15 minutes before the start to the end."""
        command = JoinVideoVisitCommand(
            appointment_id=appointment_id, client_location=data.client_location, callback=data.callback
        )
        return await join_video_visit(request.actor, command)
