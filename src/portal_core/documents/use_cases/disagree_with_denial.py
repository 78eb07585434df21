"""A client disagrees with the denial of a request to amend the record."""

from uuid import UUID

from attrs import field, frozen

from portal_core.documents.amendment import AmendmentRequestView, clean_statement
from portal_core.documents.amendment_changes import find_own_request
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class DisagreeWithDenialCommand:
    """`version` is the one that the actor saw.

    Raises:
        Invalid: the statement is empty, too long, or has control characters.
    """

    request_id: UUID
    statement: str = field(converter=clean_statement)
    version: int | None = None


@frozen
class DisagreeWithDenial:
    """Adds a statement of disagreement, which stays with the record (45 CFR 164.526(d)(2)). For the client, or a proxy
    with `documents` who may write.

    Raises:
        NotFound, Forbidden: no such request, or the actor may not write.
        AmendmentNotDenied: it was not denied.
        DisagreementGiven: there is a statement.
        StaleVersion: it changed since it was read.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: DisagreeWithDenialCommand) -> AmendmentRequestView:
        async with self.begin(actor) as unit:
            request = await find_own_request(unit, actor, command.request_id)
            disagreed = request.disagree(command.statement, self.clock.now(), command.version)
            entry = AuditEntry("amendment.disagreed", request.id, record=request.client_id)
            await unit.amendment_requests.save(disagreed, entry)
            return await unit.commit(AmendmentRequestView.of(disagreed))
