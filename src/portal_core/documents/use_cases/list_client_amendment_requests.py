"""Staff list a client's requests to amend the record."""

from uuid import UUID

from attrs import field, frozen

from portal_core.documents.access import require_client
from portal_core.documents.amendment import AmendmentRequestView
from portal_core.documents.policy import require_amendment_decider
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin


@frozen
class ListClientAmendmentRequestsQuery:
    client_id: UUID
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListClientAmendmentRequests:
    """A page of a client's requests with their answers, newest first. For clinicians and administrators.

    Raises:
        NotFound, Forbidden: no such client, or a role that answers no requests.
        Invalid: the cursor is not one that this list returned.
    """

    begin: Begin[DocumentsUnit]

    async def __call__(self, actor: Actor, query: ListClientAmendmentRequestsQuery) -> Page[AmendmentRequestView]:
        async with self.begin(actor, read_only=True) as unit:
            require_amendment_decider(actor)
            await unit.audit.record(AuditEntry("amendments.read", record=query.client_id))
            await require_client(unit, query.client_id)
            found = await unit.amendment_requests.page(query.client_id, query.page)
            return await unit.commit(found.map(AmendmentRequestView.of))
