"""The practice says no to a request."""

from uuid import UUID

from attrs import field, frozen, validators

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.requests import answers_requests, asked, shown_request
from portal_core.appointments.views import RequestView
from portal_core.appointments.waiting import sane_reason
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.outbox import Notice
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class DeclineRequestCommand:
    """`answer` is shown to the client; `version` is the one that was shown.

    Raises:
        Invalid: an answer above 1,000 characters.
    """

    request_id: UUID
    answer: str | None = field(default=None, validator=validators.optional(sane_reason))
    version: int | None = None


@frozen
class DeclineRequest:
    """Declines a request, and tells the client that there is an answer. Front desk and administrators.

    Raises:
        NotFound: no such request.
        RequestClosed: it was answered or withdrawn.
        StaleVersion: it changed after it was shown.
        RecordDestroyed: an answer, to a client whose record's key was destroyed; without one it is declined.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: DeclineRequestCommand) -> RequestView:
        async with self.begin(actor) as unit:
            answers_requests(actor)
            request = await asked(unit, command.request_id, command.version)
            declined = request.decline(command.answer, at=self.clock.now())
            client_id = request.client_id
            await unit.requests.save(declined, Audited("appointment_request.declined", request.id, record=client_id))
            once = f"appointment_request_declined:{request.id}"
            await unit.outbox.notify(
                Notice("appointment_request_declined", "service", to_client=client_id, about=request.id, once=once)
            )
            return await unit.commit(await shown_request(unit, declined))
