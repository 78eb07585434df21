"""The practice accepts or denies a request to amend a record."""

from uuid import UUID

from attrs import field, frozen

from portal_core.documents.amendment import AmendmentRequestView, DenialBasis, clean_answer
from portal_core.documents.amendment_changes import find_request, save_answer
from portal_core.documents.policy import require_amendment_decider
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class DecideAmendmentRequestCommand:
    """`denial_basis` is None to accept it. `answer` is for the client: what was amended, or why not, in plain language.

    Raises:
        Invalid: the answer is empty, too long, or has control characters.
    """

    client_id: UUID
    request_id: UUID
    answer: str = field(converter=clean_answer)
    denial_basis: DenialBasis | None = None
    version: int | None = None


@frozen
class DecideAmendmentRequest:
    """Accepts a request, or denies it on one of the grounds of 45 CFR 164.526(a)(2). For clinicians and administrators.

    The client is notified, and may disagree with a denial. An amended document is a new version, or a new document.

    Raises:
        NotFound, Forbidden: no such client or request, or a role that answers none.
        AmendmentNotOpen: it was answered or withdrawn.
        StaleVersion: it changed since it was read.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: DecideAmendmentRequestCommand) -> AmendmentRequestView:
        async with self.begin(actor) as unit:
            member = require_amendment_decider(actor)
            request = await find_request(unit, command.client_id, command.request_id)
            decided = request.decide(
                denial_basis=command.denial_basis,
                answer=command.answer,
                by=member.account_id,
                at=self.clock.now(),
                version=command.version,
            )
            return await unit.commit(await save_answer(unit, decided, f"amendment.{decided.state}"))
