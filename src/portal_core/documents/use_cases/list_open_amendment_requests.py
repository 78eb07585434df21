"""Staff list the requests to amend records that wait for an answer."""

from attrs import field, frozen

from portal_core.documents.amendment import AmendmentRequestView
from portal_core.documents.policy import require_amendment_decider, require_inbox
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin


@frozen
class ListOpenAmendmentRequestsQuery:
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListOpenAmendmentRequests:
    """A page of the requests of all clients that wait for an answer, the one that is due first, first. For clinicians
    and administrators who see all clients.

    Raises:
        NotFound, Forbidden: a role that answers none, or a clinician who sees own clients only.
        Invalid: the cursor is not one that this list returned.
    """

    begin: Begin[DocumentsUnit]

    async def __call__(self, actor: Actor, query: ListOpenAmendmentRequestsQuery) -> Page[AmendmentRequestView]:
        async with self.begin(actor, read_only=True) as unit:
            require_amendment_decider(actor)
            require_inbox(actor)
            found = await unit.amendment_requests.open_page(query.page)
            for client_id in sorted({one.client_id for one in found.items}):
                await unit.audit.record(AuditEntry("amendments.read", record=client_id))
            return await unit.commit(found.map(AmendmentRequestView.of))
