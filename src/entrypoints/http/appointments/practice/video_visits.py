"""Telehealth sessions, for whoever holds them and whoever may have to send help."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency

from entrypoints.http.contract.fields import FromPath
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.errors import JoinNotOpen, JoinOver, NoRoom, NotBooked, NotTelehealth
from portal_core.appointments.use_cases.host_session import HostSession
from portal_core.appointments.use_cases.list_check_ins import ListCheckIns
from portal_core.appointments.views import JoinView
from portal_core.appointments.views_practice import CheckInView
from portal_core.kernel.errors import Forbidden, Unavailable


class RoomsController(Controller):
    """The clinician's side of a room."""

    path = "/appointments/{appointment_id:uuid}"
    tags = ("Practice: appointments",)

    @post(
        "/host",
        status_code=200,
        idempotent=False,
        raises=[Forbidden, NotBooked, NotTelehealth, JoinNotOpen, JoinOver, NoRoom, Unavailable],
    )
    async def host_session(
        self, request: PortalRequest, appointment_id: FromPath[UUID], host_session: NamedDependency[HostSession]
    ) -> JoinView:
        """Answers a short-lived link with which the clinician moderates the room."""
        return await host_session(request.actor, appointment_id)

    @get("/check-ins", raises=[Forbidden])
    async def list_check_ins(
        self, request: PortalRequest, appointment_id: FromPath[UUID], list_check_ins: NamedDependency[ListCheckIns]
    ) -> tuple[CheckInView, ...]:
        """Where those who joined said they are, and how to call back, the latest first."""
        return await list_check_ins(request.actor, appointment_id)
