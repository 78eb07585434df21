"""A clinician withholds a document that would do harm."""

from uuid import UUID

from attrs import field, frozen

from portal_core.documents.access import find_for_practice, save_change
from portal_core.documents.model import Withholding, WithholdingBasis, withholding_reason
from portal_core.documents.policy import require_clinician
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import PracticeDocumentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class WithholdDocumentCommand:
    """`reason` is for the practice alone. `version` is the one of the document that the actor saw.

    Raises:
        Invalid: no reason, or one above 2,000 characters.
    """

    client_id: UUID
    document_id: UUID
    basis: WithholdingBasis
    reason: str = field(converter=withholding_reason)
    version: int | None = None


@frozen
class WithholdDocument:
    """Withholds a document from the client and the proxies, or from the proxies alone, because access would do harm
    (45 CFR 164.524(a)(3); the preventing harm exception of 45 CFR 171.201). For clinicians.

    Whom it is withheld from sees that there is such a document, on which ground it is withheld, and can ask for a
    review by another clinician.

    Raises:
        NotFound, Forbidden: no such document of the practice's own, or not a clinician.
        ReviewPending: a review of an earlier decision is pending.
        StaleVersion: the document changed since it was read.
        RecordDestroyed: the client's key was destroyed.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: WithholdDocumentCommand) -> PracticeDocumentView:
        async with self.begin(actor) as unit:
            clinician = require_clinician(actor)
            document = await find_for_practice(unit, actor, command.client_id, command.document_id, own=True)
            decision = Withholding(
                basis=command.basis,
                decided_by=clinician.account_id,
                decided_at=self.clock.now(),
            )
            withheld = document.withhold(decision, command.reason, command.version)
            view = await save_change(unit, withheld, "document.withheld", end_links=True, basis=command.basis)
            return await unit.commit(view)
