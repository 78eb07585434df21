"""What the use cases of requests share."""

from uuid import UUID

from portal_core.appointments.appointment_request import AppointmentRequest
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentRequestView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound, StaleVersion


def require_request_access(actor: Actor) -> None:
    """For the front desk, administrators and jobs: what a client asks for is read by those who answer it alone.

    Raises:
        NotFound: neither staff nor a job.
        Forbidden: staff in other roles.
    """
    require_staff_or_system(actor, "front_desk", "administrator")


async def load_pending_request(unit: AppointmentUnit, request_id: UUID, version: int | None) -> AppointmentRequest:
    """A request as the practice sees it, still to be answered.

    Raises:
        NotFound: there is none.
        StaleVersion: it changed after it was shown.
        RequestClosed: it was answered or withdrawn.
    """
    request = await unit.requests.get_for_practice(request_id)
    if request is None:
        raise NotFound("appointment_request", request_id)
    request.require_pending()
    if version not in (None, request.version):
        raise StaleVersion
    return request


async def load_request_view(unit: AppointmentUnit, request: AppointmentRequest) -> AppointmentRequestView:
    """The request with the names of what it asks for."""
    return AppointmentRequestView.of(request, await unit.directory.for_practice())
