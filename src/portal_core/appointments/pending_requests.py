"""Functions shared by the use cases of appointment requests."""

from uuid import UUID

from portal_core.appointments.appointment_request import AppointmentRequest
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentRequestView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound, StaleVersion


def require_request_access(actor: Actor) -> None:
    """Check that the actor is front desk, an administrator or a job: only those who answer requests read them.

    Raises:
        NotFound: neither staff nor a job.
        Forbidden: staff in other roles.
    """
    require_staff_or_system(actor, "front_desk", "administrator")


async def load_pending_request(unit: AppointmentUnit, request_id: UUID, version: int | None) -> AppointmentRequest:
    """Load a request for the practice and check that it is still pending.

    Raises:
        NotFound: no such request.
        RequestClosed: it was answered or withdrawn.
        StaleVersion: the version is not current.
    """
    request = await unit.requests.get_for_practice(request_id)
    if request is None:
        raise NotFound("appointment_request", request_id)
    request.require_pending()
    if version not in (None, request.version):
        raise StaleVersion
    return request


async def load_request_view(unit: AppointmentUnit, request: AppointmentRequest) -> AppointmentRequestView:
    """The view of the request, with the names of its appointment type, location and clinician."""
    return AppointmentRequestView.of(request, await unit.directory.for_practice())
