"""How a client learns that a document can be opened."""

from uuid import UUID

from portal_core.documents.model import Document
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.notices import DOCUMENT_SHARED, SENSITIVE_DOCUMENT_SHARED


async def announce(unit: DocumentsUnit, document: Document, file_id: UUID) -> None:
    """Notify the client, and the proxies who may see it: once for each share of each version. Nobody learns of one that
    is withheld from the client.
    """
    if document.is_withheld(proxy=False) or document.shared_at is None:
        return
    kind = SENSITIVE_DOCUMENT_SHARED if document.sensitive else DOCUMENT_SHARED
    key = f"document_shared:{file_id}:{document.shared_at.isoformat()}"
    await unit.outbox.notify(kind.to_client(document.client_id, subject_id=document.id, deduplication_key=key))
