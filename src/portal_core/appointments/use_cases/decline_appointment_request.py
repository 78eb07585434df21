"""Staff decline an appointment request."""

from uuid import UUID

from attrs import field, frozen, validators

from portal_core.appointments.appointment_request import validate_reason
from portal_core.appointments.pending_requests import load_pending_request, load_request_view, require_request_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentRequestView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import APPOINTMENT_REQUEST_DECLINED
from portal_core.kernel.sources import Clock
from portal_core.kernel.text import text_or_none
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class DeclineAppointmentRequestCommand:
    """`answer` is shown to the client; `version` is the one that the actor saw, and None skips the check.

    Raises:
        Invalid: an answer above 1,000 characters.
    """

    request_id: UUID
    answer: str | None = field(default=None, converter=text_or_none, validator=validators.optional(validate_reason))
    version: int | None = None


@frozen
class DeclineAppointmentRequest:
    """Declines a request, and notifies the client of the answer. For the front desk and administrators.

    Raises:
        NotFound: no such request.
        RequestClosed: it was answered or withdrawn.
        StaleVersion: the version is not current.
        RecordDestroyed: an answer is given, but the record's key was destroyed; decline without an answer.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: DeclineAppointmentRequestCommand) -> AppointmentRequestView:
        async with self.begin(actor) as unit:
            require_request_access(actor)
            request = await load_pending_request(unit, command.request_id, command.version)
            declined = request.decline(command.answer, at=self.clock.now())
            client_id = request.client_id
            await unit.requests.save(declined, AuditEntry("appointment_request.declined", request.id, record=client_id))
            key = f"appointment_request_declined:{request.id}"
            await unit.outbox.notify(
                APPOINTMENT_REQUEST_DECLINED.to_client(client_id, subject_id=request.id, deduplication_key=key)
            )
            return await unit.commit(await load_request_view(unit, declined))
