"""A client takes a request to amend the record back."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.amendment import AmendmentRequestView
from portal_core.documents.amendment_changes import find_own_request
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.uow import Begin


@frozen
class WithdrawAmendmentRequestCommand:
    """`version` is the one that the actor saw."""

    request_id: UUID
    version: int | None = None


@frozen
class WithdrawAmendmentRequest:
    """Takes a request back that was not answered. For the client, or a proxy with `documents` who may write.

    Raises:
        NotFound, Forbidden: no such request, or the actor may not write.
        AmendmentNotOpen: it was answered or withdrawn.
        StaleVersion: it changed since it was read.
    """

    begin: Begin[DocumentsUnit]

    async def __call__(self, actor: Actor, command: WithdrawAmendmentRequestCommand) -> AmendmentRequestView:
        async with self.begin(actor) as unit:
            request = await find_own_request(unit, actor, command.request_id)
            withdrawn = request.withdraw(command.version)
            entry = AuditEntry("amendment.withdrawn", request.id, record=request.client_id)
            await unit.amendment_requests.save(withdrawn, entry)
            return await unit.commit(AmendmentRequestView.of(withdrawn))
