"""A colleague reviews the decision to withhold a document."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.access import find_for_practice, save_change
from portal_core.documents.model import ReviewOutcome
from portal_core.documents.policy import require_clinician
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import PracticeDocumentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.notices import WITHHOLDING_REVIEWED
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class ReviewWithholdingCommand:
    """`version` is the one of the document that the actor saw."""

    client_id: UUID
    document_id: UUID
    outcome: ReviewOutcome
    version: int | None = None


@frozen
class ReviewWithholding:
    """Upholds or reverses a decision that the client asked to have reviewed, and the client is notified
    (45 CFR 164.524(d)(4)). For clinicians other than the one who decided.

    Raises:
        NotFound, Forbidden: no such document, or not a clinician.
        ReviewNotRequested: no review is pending.
        ReviewNeedsColleague: it is the decision of the reviewer.
        StaleVersion: the document changed since it was read.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: ReviewWithholdingCommand) -> PracticeDocumentView:
        client_id, document_id = command.client_id, command.document_id
        async with self.begin(actor) as unit:
            clinician = require_clinician(actor)
            document = await find_for_practice(unit, actor, client_id, document_id, own=True)
            reviewed = document.review(command.outcome, clinician.account_id, self.clock.now(), command.version)
            view = await save_change(unit, reviewed, "document.withholding_reviewed", outcome=command.outcome)
            await unit.outbox.notify(WITHHOLDING_REVIEWED.to_client(client_id, subject_id=document_id))
            return await unit.commit(view)
