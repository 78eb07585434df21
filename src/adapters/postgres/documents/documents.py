"""Documents and their versions in PostgreSQL."""

from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Integer, bindparam, insert, select

from adapters.postgres.documents.tables import document_versions, documents
from adapters.postgres.engine.constraint_errors import CONSTRAINT_ERRORS
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.files.tables import files
from portal_core.documents.errors import DuplicateSource
from portal_core.documents.model import Document, DocumentVersion, Withholding
from portal_core.documents.ports import Documents
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion

CONSTRAINT_ERRORS["documents_source_key"] = DuplicateSource
# Two versions at once: the second one was made from a document that has changed since.
CONSTRAINT_ERRORS["document_versions_number_key"] = StaleVersion

_WITHHOLDING = entity(
    Withholding,
    documents,
    basis=documents.c.withheld_basis,
    decided_by=documents.c.withheld_by,
    decided_at=documents.c.withheld_at,
)
DOCUMENT = entity(Document, documents, withholding=(documents.c.withheld_basis,))
DOCUMENT_COLUMNS = (*DOCUMENT.columns, *_WITHHOLDING.columns)
_VERSION = entity(DocumentVersion, document_versions)
_own = (documents.c.practice_id == bindparam("practice_id"), documents.c.client_id == bindparam("client_id"))
_own_versions = (
    document_versions.c.practice_id == bindparam("practice_id"),
    document_versions.c.client_id == bindparam("client_id"),
    document_versions.c.document_id == bindparam("document_id"),
)
ADD = statement("documents.add", insert(documents))
ADD_VERSION = statement("documents.add_version", insert(document_versions))
GET = statement("documents.get", select(*DOCUMENT_COLUMNS).where(*_own, documents.c.id == bindparam("id")))
LOCK = statement(
    "documents.lock",
    select(*DOCUMENT_COLUMNS).where(*_own, documents.c.id == bindparam("id")).with_for_update(read=True),
)
BY_SOURCE = statement(
    "documents.by_source", select(*DOCUMENT_COLUMNS).where(*_own, documents.c.source == bindparam("source"))
)
BY_FILE = statement(
    "documents.by_file",
    select(*DOCUMENT_COLUMNS)
    .join(
        document_versions,
        (document_versions.c.practice_id == documents.c.practice_id)
        & (document_versions.c.client_id == documents.c.client_id)
        & (document_versions.c.document_id == documents.c.id),
    )
    .where(
        *_own,
        document_versions.c.practice_id == bindparam("practice_id"),
        document_versions.c.client_id == bindparam("client_id"),
        document_versions.c.file_id == bindparam("file_id"),
    ),
)
SAVE = statement("documents.save", update_version(documents))
GET_VERSION = statement(
    "documents.version",
    select(*_VERSION.columns).where(*_own_versions, document_versions.c.number == bindparam("number", type_=Integer)),
)
LATEST_VERSION = statement(
    "documents.latest_version",
    select(*_VERSION.columns)
    .join(
        files,
        (files.c.practice_id == document_versions.c.practice_id)
        & (files.c.client_id == document_versions.c.client_id)
        & (files.c.id == document_versions.c.file_id),
    )
    .where(*_own_versions)
    .order_by((files.c.state == "clean").desc(), document_versions.c.number.desc())
    .limit(1),
)
FILE_IDS = statement("documents.file_ids", select(document_versions.c.file_id).where(*_own_versions))


async def document_of(tx: Transaction, row: Any) -> Document:
    """The document of a row with `DOCUMENT_COLUMNS`."""
    client_id, row_id = row["client_id"], row["id"]
    title = await tx.unseal(client_id, documents.c.title, row_id, row["title"])
    reason = await tx.unseal(client_id, documents.c.withheld_reason, row_id, row["withheld_reason"])
    withholding = None if row["withheld_basis"] is None else _WITHHOLDING.of(row)
    return DOCUMENT.of(row, title=title, withheld_reason=reason, withholding=withholding)


@define
class PostgresDocuments(Documents):
    """Documents of clients. Titles and reasons are sealed with the client's key."""

    tx: Transaction

    async def add(self, document: Document, first: DocumentVersion, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD, **await self._values(document))
        await self.tx.execute(ADD_VERSION, **_VERSION.values(first))
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, document_id: UUID) -> Document | None:
        row = await self.tx.fetchrow(GET, client_id=client_id, id=document_id)
        return None if row is None else await document_of(self.tx, row)

    async def lock(self, client_id: UUID, document_id: UUID) -> Document | None:
        row = await self.tx.fetchrow(LOCK, client_id=client_id, id=document_id)
        return None if row is None else await document_of(self.tx, row)

    async def find_by_source(self, client_id: UUID, source: str) -> Document | None:
        row = await self.tx.fetchrow(BY_SOURCE, client_id=client_id, source=source)
        return None if row is None else await document_of(self.tx, row)

    async def find_by_file(self, client_id: UUID, file_id: UUID) -> Document | None:
        row = await self.tx.fetchrow(BY_FILE, client_id=client_id, file_id=file_id)
        return None if row is None else await document_of(self.tx, row)

    async def save(self, document: Document, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE, **await self._values(document))
        self.tx.add_audit_entry(audit_entry)

    async def add_version(self, document: Document, added: DocumentVersion, audit_entry: AuditEntry) -> None:
        await self.save(document, audit_entry)
        await self.tx.execute(ADD_VERSION, **_VERSION.values(added))

    async def find_version(self, client_id: UUID, document_id: UUID, number: int | None) -> DocumentVersion | None:
        of_document = {"client_id": client_id, "document_id": document_id}
        if number is None:
            row = await self.tx.fetchrow(LATEST_VERSION, **of_document)
        else:
            row = await self.tx.fetchrow(GET_VERSION, **of_document, number=number)
        return None if row is None else _VERSION.of(row)

    async def file_ids(self, client_id: UUID, document_id: UUID) -> tuple[UUID, ...]:
        rows = await self.tx.fetch(FILE_IDS, client_id=client_id, document_id=document_id)
        return tuple(row["file_id"] for row in rows)

    async def _values(self, document: Document) -> dict[str, Any]:
        client_id, row_id, one = document.client_id, document.id, document.withholding
        return DOCUMENT.values(
            document,
            title=await self.tx.seal(client_id, documents.c.title, row_id, document.title),
            withheld_basis=one and one.basis,
            withheld_reason=await self.tx.seal(
                client_id, documents.c.withheld_reason, row_id, document.withheld_reason
            ),
            withheld_by=one and one.decided_by,
            withheld_at=one and one.decided_at,
            review_requested_at=one and one.review_requested_at,
            reviewed_by=one and one.reviewed_by,
            reviewed_at=one and one.reviewed_at,
        )
