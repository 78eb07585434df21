"""Staff list what clients sent."""

from attrs import field, frozen

from portal_core.documents.policy import require_inbox
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import PracticeDocumentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin


@frozen
class ListUploadsQuery:
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListUploads:
    """A page of the documents that clients sent, the latest first. For staff who see all clients.

    Raises:
        NotFound, Forbidden: a role that does not, or a clinician who sees own clients only.
        Invalid: the cursor is not one that this list returned.
    """

    begin: Begin[DocumentsUnit]

    async def __call__(self, actor: Actor, query: ListUploadsQuery) -> Page[PracticeDocumentView]:
        async with self.begin(actor, read_only=True) as unit:
            require_inbox(actor)
            found = await unit.document_reads.list_uploads(query.page)
            for client_id in sorted({one.client_id for one in found.items}):
                await unit.audit.record(AuditEntry("documents.read", record=client_id))
            return await unit.commit(found)
