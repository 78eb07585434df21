"""Staff list a client's documents."""

from uuid import UUID

from attrs import field, frozen

from portal_core.documents.access import require_client, shown_to
from portal_core.documents.policy import require_reader
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import DocumentFilter, PracticeDocumentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import only_bills
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin


@frozen
class ListClientDocumentsQuery:
    client_id: UUID
    filters: DocumentFilter = field(factory=DocumentFilter)
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListClientDocuments:
    """A page of a client's documents, the latest first. Billers see those that bills need: insurance, receipts and
    statements.

    Raises:
        NotFound, Forbidden: no such client, or a role that sees no documents.
        Invalid: the cursor is not one that this list returned.
    """

    begin: Begin[DocumentsUnit]

    async def __call__(self, actor: Actor, query: ListClientDocumentsQuery) -> Page[PracticeDocumentView]:
        async with self.begin(actor, read_only=True) as unit:
            require_reader(actor)
            await unit.audit.record(AuditEntry("documents.read", record=query.client_id))
            await require_client(unit, query.client_id)
            found = await unit.document_reads.list_for_practice(
                query.client_id, query.filters, query.page, for_bills=only_bills(actor)
            )
            return await unit.commit(found.map(lambda one: shown_to(actor, one)))
