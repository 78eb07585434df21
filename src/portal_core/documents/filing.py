"""How a new document or version is stored: its row, its version, and a file that awaits its content."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.documents.model import Document, DocumentVersion
from portal_core.documents.ports import DocumentsUnit
from portal_core.files.model import StoredFile
from portal_core.kernel.actor import Actor, SystemActor, VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import IdSource


@frozen
class NewFile:
    """A version to be stored, with its file."""

    version: DocumentVersion
    file: StoredFile


def account_of(actor: Actor) -> UUID | None:
    """The account that acts; None for a job."""
    return None if isinstance(actor, SystemActor | VisitorActor) else actor.account_id


def new_file(ids: IdSource, actor: Actor, document: Document, file_name: str, now: datetime) -> NewFile:
    """The latest version of the document, whose file awaits its content. `file_name` is clean."""
    by, client_id = account_of(actor), document.client_id
    file = StoredFile(id=ids.new(), client_id=client_id, name=file_name, added_by=by, added_at=now)
    version = DocumentVersion(
        id=ids.new(),
        client_id=client_id,
        document_id=document.id,
        number=document.versions,
        file_id=file.id,
        added_by=by,
        added_at=now,
    )
    return NewFile(version, file)


async def file_document(unit: DocumentsUnit, document: Document, new: NewFile) -> None:
    """Store a new document with its first version.

    Raises:
        DuplicateSource: a document from its source exists.
        RecordDestroyed: the client's key was destroyed.
    """
    await unit.files.add(new.file, AuditEntry("file.added", new.file.id, record=document.client_id))
    facts = {"category": document.category, "file": str(new.file.id)}
    await unit.documents.add(
        document, new.version, AuditEntry("document.added", document.id, record=document.client_id, facts=facts)
    )
