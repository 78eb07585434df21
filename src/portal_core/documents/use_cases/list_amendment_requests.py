"""List a client's requests to amend the record."""

from attrs import field, frozen

from portal_core.documents.amendment import AmendmentRequestView
from portal_core.documents.policy import require_documents
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin


@frozen
class ListAmendmentRequestsQuery:
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListAmendmentRequests:
    """A page of the client's requests with their answers, newest first. A proxy with `documents` sees their own.

    Raises:
        NotFound: the actor has no access to `documents`.
        Invalid: the cursor is not one that this list returned.
    """

    begin: Begin[DocumentsUnit]

    async def __call__(self, actor: Actor, query: ListAmendmentRequestsQuery) -> Page[AmendmentRequestView]:
        async with self.begin(actor, read_only=True) as unit:
            client_id, scope = require_documents(actor)
            await unit.audit.record(AuditEntry("amendments.read", record=client_id))
            own = require_account_holder(actor).account_id if scope.proxy else None
            found = await unit.amendment_requests.page(client_id, query.page, own)
            return await unit.commit(found.map(AmendmentRequestView.of))
