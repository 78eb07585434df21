"""List a client's documents."""

from attrs import field, frozen

from portal_core.documents.policy import require_documents
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import DocumentFilter, DocumentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListDocumentsQuery:
    filters: DocumentFilter = field(factory=DocumentFilter)
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListDocuments:
    """A page of what is shared with the client and of what they sent, the latest first.

    For the client, or a proxy with `documents`; sensitive ones need `sensitive_documents` as well. A document that is
    withheld is listed without its title. A search is by decrypted titles and file names: there is no index of them.

    Raises:
        NotFound: the actor has no access to `documents`.
        Invalid: the cursor is not one that this list returned.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: ListDocumentsQuery) -> Page[DocumentView]:
        async with self.begin(actor, read_only=True) as unit:
            client_id, scope = require_documents(actor)
            await unit.audit.record(AuditEntry("documents.read", record=client_id))
            account_id = require_account_holder(actor).account_id
            found = await unit.document_reads.list_for_client(
                client_id, scope, account_id, query.filters, query.page, self.clock.now()
            )
            return await unit.commit(found)
