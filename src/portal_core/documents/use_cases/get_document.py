"""Open the page of a document."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.policy import require_documents
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import DocumentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class GetDocument:
    """A document as the client sees it; from now on it counts as viewed. For the client, or a proxy with `documents`.

    Raises:
        NotFound: there is none, or it is not shared with them.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, document_id: UUID) -> DocumentView:
        now = self.clock.now()
        async with self.begin(actor) as unit:
            client_id, scope = require_documents(actor)
            account_id = require_account_holder(actor).account_id
            found = await unit.document_reads.for_client(client_id, scope, account_id, document_id, now)
            if found is None:
                raise NotFound("document", document_id)
            await unit.audit.record(AuditEntry("document.read", document_id, record=client_id))
            if found.viewed_at is None and found.withheld is None:
                await unit.document_marks.mark_viewed(client_id, document_id, account_id, now)
            return await unit.commit(found)
