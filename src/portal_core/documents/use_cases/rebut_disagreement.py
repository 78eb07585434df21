"""The practice answers a client's statement of disagreement."""

from uuid import UUID

from attrs import field, frozen

from portal_core.documents.amendment import AmendmentRequestView, clean_statement
from portal_core.documents.amendment_changes import find_request, save_answer
from portal_core.documents.policy import require_amendment_decider
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class RebutDisagreementCommand:
    """`version` is the one that the actor saw.

    Raises:
        Invalid: the statement is empty, too long, or has control characters.
    """

    client_id: UUID
    request_id: UUID
    statement: str = field(converter=clean_statement)
    version: int | None = None


@frozen
class RebutDisagreement:
    """Adds a rebuttal, which the client sees (45 CFR 164.526(d)(3)). For clinicians and administrators.

    Raises:
        NotFound, Forbidden: no such client or request, or a role that answers none.
        NoDisagreement: the client gave no statement of disagreement.
        StaleVersion: it changed since it was read.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: RebutDisagreementCommand) -> AmendmentRequestView:
        async with self.begin(actor) as unit:
            require_amendment_decider(actor)
            request = await find_request(unit, command.client_id, command.request_id)
            rebutted = request.rebut(command.statement, self.clock.now(), command.version)
            return await unit.commit(await save_answer(unit, rebutted, "amendment.rebutted"))
