"""What the use cases of requests share."""

from uuid import UUID

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import RequestView
from portal_core.appointments.waiting import AppointmentRequest
from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import NotFound, StaleVersion


def answers_requests(actor: Actor) -> None:
    """For the front desk, administrators and jobs: what a client asks for is read by those who answer it alone.

    Raises:
        NotFound: neither staff nor a job.
        Forbidden: staff in other roles.
    """
    staff_or_system(actor, "front_desk", "administrator")


async def asked(unit: AppointmentUnit, request_id: UUID, version: int | None) -> AppointmentRequest:
    """A request as the practice sees it, still to be answered.

    Raises:
        NotFound: there is none.
        StaleVersion: it changed after it was shown.
        RequestClosed: it was answered or withdrawn.
    """
    request = await unit.requests.for_practice(request_id)
    if request is None:
        raise NotFound("appointment_request", request_id)
    request.require_pending()
    if version not in (None, request.version):
        raise StaleVersion
    return request


async def shown_request(unit: AppointmentUnit, request: AppointmentRequest) -> RequestView:
    """The request with the names of what it asks for."""
    return RequestView.of(request, await unit.directory.for_practice())
