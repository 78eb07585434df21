"""A client asks that the decision to withhold a document is reviewed."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.access import find_for_client
from portal_core.documents.errors import NotWithheld
from portal_core.documents.policy import require_documents
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.use_cases.tell_care_team import TellCareTeam
from portal_core.documents.views import WithheldView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class RequestWithholdingReview:
    """Asks for a review by another clinician (45 CFR 164.524(a)(4)). For whom the document is withheld from.

    A repetition changes nothing. Staff see pending reviews in the client's documents.

    Raises:
        NotFound, Forbidden: there is no such document for the actor, or they may not write.
        NotWithheld: it is not withheld from them.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, document_id: UUID) -> WithheldView:
        now = self.clock.now()
        async with self.begin(actor) as unit:
            client_id, scope = require_documents(actor, write=True)
            document = await find_for_client(unit, client_id, scope, document_id, now)
            if not document.is_withheld(proxy=scope.proxy):
                raise NotWithheld
            asked = document.request_review(now)
            if asked is not document:
                entry = AuditEntry("document.review_requested", document_id, record=client_id)
                await unit.documents.save(asked, entry)
                await unit.outbox.defer(TellCareTeam, client_id=client_id, subject_id=document_id)
            assert asked.withholding is not None
            return await unit.commit(WithheldView.of(asked.withholding))
