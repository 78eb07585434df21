"""Staff endpoints for video visits."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency

from entrypoints.http.contract.fields import FromPath
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.errors import JoinClosed, JoinNotOpen, NoRoom, NotBooked, NotTelehealth
from portal_core.appointments.practice_views import CheckInView
from portal_core.appointments.use_cases.list_check_ins import ListCheckIns
from portal_core.appointments.use_cases.start_video_visit import StartVideoVisit
from portal_core.appointments.views import VideoVisitLinkView
from portal_core.kernel.errors import Forbidden, Unavailable
from portal_core.kernel.page import Page


class PracticeVideoVisitController(Controller):
    """Video visits of the practice."""

    path = "/appointments/{appointment_id:uuid}"
    tags = ("Practice: appointments",)

    @post(
        "/start-video-visit",
        status_code=200,
        idempotent=False,
        raises=[Forbidden, NotBooked, NotTelehealth, JoinNotOpen, JoinClosed, NoRoom, Unavailable],
    )
    async def start_video_visit(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        start_video_visit: NamedDependency[StartVideoVisit],
    ) -> VideoVisitLinkView:
        """Returns a short-lived link with which the clinician moderates the room."""
        return await start_video_visit(request.actor, appointment_id)

    @get("/check-ins", raises=[Forbidden])
    async def list_check_ins(
        self, request: PortalRequest, appointment_id: FromPath[UUID], list_check_ins: NamedDependency[ListCheckIns]
    ) -> Page[CheckInView]:
        """Lists locations and callback numbers that clients gave when they joined, latest first."""
        return await list_check_ins(request.actor, appointment_id)
