"""Into the room of a telehealth session.

Where somebody is today is health information and has no place in an address, which logs and histories keep: GET says
what is asked, and POST takes the answers and gives the link.
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
from portal_core.appointments.errors import JoinNotOpen, JoinOver, NoRoom, NotBooked, NotTelehealth
from portal_core.appointments.use_cases.join_session import JoinSession, JoinSessionCommand
from portal_core.appointments.use_cases.show_appointment import ShowAppointment
from portal_core.appointments.views import AppointmentView, JoinView
from portal_core.kernel.errors import Forbidden, RecordDestroyed, Unavailable


class JoinTerms(Struct, frozen=True, kw_only=True):
    """Whether one can join now, and what is asked. `opens_at` is null for what is at a place."""

    can_join: bool
    opens_at: datetime | None
    ends_at: datetime
    asks: tuple[Literal["location", "callback"], ...] = ("location", "callback")

    @classmethod
    def of(cls, appointment: AppointmentView) -> "JoinTerms":
        """The terms for one appointment, as they stand now."""
        return cls(can_join=appointment.can_join, opens_at=appointment.join_opens_at, ends_at=appointment.ends_at)


class JoinRequest(Request, frozen=True):
    """Where one is today, so that help can be sent to the right door, and how to call back."""

    location: Annotated[str, Meta(min_length=1, max_length=500, examples=["At home: 12 Elm Street, Albany"])]
    callback: Phone


class TelehealthController(Controller):
    """Joining."""

    path = "/appointments/{appointment_id:uuid}/join"
    tags = ("Appointments",)

    @get("")
    async def show_join_terms(
        self, request: PortalRequest, appointment_id: FromPath[UUID], show_appointment: NamedDependency[ShowAppointment]
    ) -> JoinTerms:
        """Whether the room is open, from when on, and what joining asks for."""
        return JoinTerms.of(await show_appointment(request.actor, appointment_id))

    @post(
        "",
        status_code=200,
        idempotent=False,
        raises=[Forbidden, NotBooked, NotTelehealth, JoinNotOpen, JoinOver, NoRoom, RecordDestroyed, Unavailable],
    )
    async def join_session(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[JoinRequest],
        join_session: NamedDependency[JoinSession],
    ) -> JoinView:
        """Answers a short-lived link into the room, from 15 minutes before the start to the end."""
        command = JoinSessionCommand(appointment_id=appointment_id, location=data.location, callback=data.callback)
        return await join_session(request.actor, command)
