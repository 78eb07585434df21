"""How use cases find a request to amend a record, and what follows an answer."""

from uuid import UUID

from portal_core.documents.access import require_client
from portal_core.documents.amendment import AmendmentRequest, AmendmentRequestView
from portal_core.documents.policy import require_documents
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.errors import NotFound
from portal_core.kernel.notices import AMENDMENT_ANSWERED


async def find_own_request(unit: DocumentsUnit, actor: Actor, request_id: UUID) -> AmendmentRequest:
    """The client's request, for the client or a proxy who may write. To a proxy, those of others do not exist: they say
    what is in documents that the proxy may not see.

    Raises:
        NotFound, Forbidden: there is none, or the actor may not write.
    """
    client_id, scope = require_documents(actor, write=True)
    request = await _find(unit, client_id, request_id)
    if scope.proxy and request.requested_by != require_account_holder(actor).account_id:
        raise NotFound("amendment_request", request_id)
    return request


async def find_request(unit: DocumentsUnit, client_id: UUID, request_id: UUID) -> AmendmentRequest:
    """The client's request, for staff.

    Raises:
        NotFound: no such client or request for them.
    """
    await require_client(unit, client_id)
    return await _find(unit, client_id, request_id)


async def save_answer(unit: DocumentsUnit, request: AmendmentRequest, action: str) -> AmendmentRequestView:
    """Save what the practice said, and notify the person who asked.

    Raises:
        StaleVersion, RecordDestroyed: as `AmendmentRequests.save`.
    """
    await unit.amendment_requests.save(request, AuditEntry(action, request.id, record=request.client_id))
    await unit.outbox.notify(AMENDMENT_ANSWERED.to_account(request.requested_by, subject_id=request.id))
    return AmendmentRequestView.of(request)


async def _find(unit: DocumentsUnit, client_id: UUID, request_id: UUID) -> AmendmentRequest:
    request = await unit.amendment_requests.get(client_id, request_id)
    if request is None:
        raise NotFound("amendment_request", request_id)
    return request
