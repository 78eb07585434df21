"""How use cases find the document that they are about, for those who may see it."""

from datetime import datetime
from uuid import UUID

from portal_core.documents.errors import DocumentWithheld
from portal_core.documents.model import Document
from portal_core.documents.policy import DocumentScope, reads_category, reads_reasons
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import PracticeDocumentView
from portal_core.files.model import StoredFile
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound


async def require_client(unit: DocumentsUnit, client_id: UUID) -> None:
    """Raises:
    NotFound: the practice has no such client, or not for this clinician.
    """
    if await unit.client_records.get(client_id) is None:
        raise NotFound("client", client_id)


async def find_for_client(
    unit: DocumentsUnit, client_id: UUID, scope: DocumentScope, document_id: UUID, now: datetime
) -> Document:
    """The document, if the client or proxy sees it, at least as one that is withheld.

    Raises:
        NotFound: there is none, or it is not shared with them.
    """
    document = await unit.documents.get(client_id, document_id)
    if document is None or not document.is_visible(now) or (document.sensitive and not scope.sensitive):
        raise NotFound("document", document_id)
    return document


async def find_readable(
    unit: DocumentsUnit,
    client_id: UUID,
    scope: DocumentScope,
    document_id: UUID,
    now: datetime,
    *,
    lock: bool = False,
) -> Document:
    """As `find_for_client`, a document whose content they may read. With `lock`, they may until the unit ends.

    Raises:
        NotFound: there is none, or it is not shared with them.
        DocumentWithheld: a clinician withholds it from them.
    """
    if lock:
        await unit.documents.lock(client_id, document_id)
    document = await find_for_client(unit, client_id, scope, document_id, now)
    if document.is_withheld(proxy=scope.proxy):
        raise DocumentWithheld
    return document


async def find_for_practice(
    unit: DocumentsUnit, actor: Actor, client_id: UUID, document_id: UUID, *, own: bool = False
) -> Document:
    """The document, for staff or a job; with `own` one that the practice added.

    Raises:
        NotFound: no such client or document for them.
    """
    await require_client(unit, client_id)
    document = await unit.documents.get(client_id, document_id)
    if document is None or not reads_category(actor, document) or (own and document.origin != "practice"):
        raise NotFound("document", document_id)
    return document


async def find_file(unit: DocumentsUnit, document: Document, number: int | None) -> StoredFile:
    """The file of the version with this number; for None of the latest one that is clean, or else of the latest.

    Raises:
        NotFound: there is no such version.
    """
    version = await unit.documents.find_version(document.client_id, document.id, number)
    file = None if version is None else await unit.files.get(document.client_id, version.file_id)
    if file is None:
        raise NotFound("document_version", document.id)
    return file


def shown_to(actor: Actor, view: PracticeDocumentView) -> PracticeDocumentView:
    """What the actor sees of the document."""
    return view if reads_reasons(actor) else view.without_reason()


async def save_change(
    unit: DocumentsUnit, changed: Document, action: str, *, end_links: bool = False, **facts: str
) -> PracticeDocumentView:
    """Save the document, and return what staff see of it. `end_links`: some who could read it no longer may.

    Raises:
        StaleVersion, RecordDestroyed: as `Documents.save`.
    """
    client_id, document_id = changed.client_id, changed.id
    await unit.documents.save(changed, AuditEntry(action, document_id, record=client_id, facts=facts))
    if end_links:
        await unit.download_links.end_all(client_id, await unit.documents.file_ids(client_id, document_id))
    found = await unit.document_reads.for_practice(client_id, document_id)
    assert found is not None
    return found
