"""List the versions of a document."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.access import find_readable
from portal_core.documents.policy import require_documents
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import DocumentVersionView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListDocumentVersions:
    """All versions of a document whose content has arrived, the latest first. As `GetDocument`.

    Raises:
        NotFound: there is none, or it is not shared with them.
        DocumentWithheld: a clinician withholds it from them.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, document_id: UUID) -> Page[DocumentVersionView]:
        async with self.begin(actor, read_only=True) as unit:
            client_id, scope = require_documents(actor)
            await unit.audit.record(AuditEntry("document.read", document_id, record=client_id))
            await find_readable(unit, client_id, scope, document_id, self.clock.now())
            return await unit.commit(Page(await unit.document_reads.versions(client_id, document_id)))
