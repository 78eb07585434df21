"""The practice needs more time to answer a request to amend a record."""

from uuid import UUID

from attrs import field, frozen

from portal_core.documents.amendment import AmendmentRequestView, clean_reason
from portal_core.documents.amendment_changes import find_request, save_answer
from portal_core.documents.policy import require_amendment_decider
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class ExtendAmendmentRequestCommand:
    """`reason` is for the client. `version` is the one that the actor saw.

    Raises:
        Invalid: the reason is empty, too long, or has control characters.
    """

    client_id: UUID
    request_id: UUID
    reason: str = field(converter=clean_reason)
    version: int | None = None


@frozen
class ExtendAmendmentRequest:
    """Takes 30 days more, once, and tells the client why (45 CFR 164.526(b)(2)(ii)). For clinicians and administrators.

    Raises:
        NotFound, Forbidden: no such client or request, or a role that answers none.
        AmendmentNotOpen: it was answered or withdrawn.
        AlreadyExtended: it was extended before.
        StaleVersion: it changed since it was read.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: ExtendAmendmentRequestCommand) -> AmendmentRequestView:
        async with self.begin(actor) as unit:
            require_amendment_decider(actor)
            request = await find_request(unit, command.client_id, command.request_id)
            extended = request.extend(command.reason, self.clock.now(), command.version)
            return await unit.commit(await save_answer(unit, extended, "amendment.extended"))
