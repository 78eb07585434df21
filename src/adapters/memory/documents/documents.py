"""Documents in memory."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from attrs import define, evolve, frozen

from adapters.memory.engine.repository import MemoryClientRepository
from adapters.memory.engine.rows import own_key, own_rows, require_reachable, visible
from adapters.memory.engine.sealing import SEALED, key_destroyed, require_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.documents.errors import DuplicateSource
from portal_core.documents.model import BILLING_CATEGORIES, Document, DocumentVersion
from portal_core.documents.policy import DocumentScope
from portal_core.documents.ports import DocumentMarks, DocumentReads, Documents
from portal_core.documents.views import (
    DocumentFilter,
    DocumentVersionView,
    DocumentView,
    FileView,
    PracticeDocumentView,
)
from portal_core.files.model import StoredFile
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest

V = TypeVar("V")
SEALED["documents"] = {"title": None, "withheld_reason": None}


@frozen
class _Mark:
    client_id: UUID
    document_id: UUID
    account_id: UUID
    viewed_at: datetime
    downloaded_at: datetime | None


def _versions(tx: MemoryTransaction, document_id: UUID) -> list[tuple[DocumentVersion, StoredFile]]:
    """The versions with their files, the latest first."""
    found = [one for one in own_rows(tx, "document_versions") if one.document_id == document_id]
    found.sort(key=lambda one: one.number, reverse=True)
    return [(one, tx.table("files")[own_key(tx, one.file_id)]) for one in found]


def _readable(versions: list[tuple[DocumentVersion, StoredFile]]) -> tuple[DocumentVersion, StoredFile]:
    return next((one for one in versions if one[1].state == "clean"), versions[0])


@define
class MemoryDocuments(MemoryClientRepository[Document], Documents):
    """Documents of clients, and their versions. Those of an erased record are gone."""

    table = "documents"

    def _sees(self, row: Document) -> bool:
        return super()._sees(row) and not key_destroyed(self.tx, row.client_id)

    async def add(self, row: Document, first: DocumentVersion, audit_entry: AuditEntry) -> None:  # type: ignore[override]  # with its version
        require_key(self.tx, row.client_id, row.title)
        sources = {one.source for one in own_rows(self.tx, "documents") if one.source is not None}
        if row.source in sources:
            raise DuplicateSource
        assert row.category != "psychotherapy_notes", "a use case filed psychotherapy notes"
        await super().add(row, audit_entry)
        self._add_version(first)

    async def lock(self, client_id: UUID, document_id: UUID) -> Document | None:
        return await self.get(client_id, document_id)

    async def find_by_source(self, client_id: UUID, source: str) -> Document | None:
        return next((one for one in self._of(client_id) if one.source == source), None)

    async def find_by_file(self, client_id: UUID, file_id: UUID) -> Document | None:
        found = (one for one in own_rows(self.tx, "document_versions") if one.file_id == file_id)
        version = next(found, None)
        return None if version is None else await self.get(client_id, version.document_id)

    async def save(self, row: Document, audit_entry: AuditEntry) -> None:
        require_key(self.tx, row.client_id, row.title)
        await super().save(row, audit_entry)

    async def add_version(self, document: Document, added: DocumentVersion, audit_entry: AuditEntry) -> None:
        await self.save(document, audit_entry)
        self._add_version(added)

    async def find_version(self, client_id: UUID, document_id: UUID, number: int | None) -> DocumentVersion | None:
        if await self.get(client_id, document_id) is None:
            return None
        versions = _versions(self.tx, document_id)
        if number is None:
            return _readable(versions)[0]
        return next((one for one, _ in versions if one.number == number), None)

    async def file_ids(self, client_id: UUID, document_id: UUID) -> tuple[UUID, ...]:
        if await self.get(client_id, document_id) is None:
            return ()
        return tuple(file.id for _, file in _versions(self.tx, document_id))

    def _add_version(self, version: DocumentVersion) -> None:
        require_reachable(self.tx, version.client_id)
        self.tx.insert("document_versions", own_key(self.tx, version.id), version)


@define
class MemoryDocumentReads(DocumentReads):
    """Views of documents."""

    tx: MemoryTransaction

    async def list_for_client(
        self,
        client_id: UUID,
        scope: DocumentScope,
        account_id: UUID,
        filters: DocumentFilter,
        page: PageRequest,
        now: datetime,
    ) -> Page[DocumentView]:
        views = [(one, self._client_view(one, scope, account_id, now)) for one in self._of(client_id)]
        shown = [
            (document, view)
            for document, view in views
            if view is not None
            and not (filters.search and view.withheld)
            and filters.is_listed(document, _readable(_versions(self.tx, document.id))[1].name)
        ]
        return _page(shown, page)

    async def for_client(
        self, client_id: UUID, scope: DocumentScope, account_id: UUID, document_id: UUID, now: datetime
    ) -> DocumentView | None:
        document = self._find(client_id, document_id)
        return None if document is None else self._client_view(document, scope, account_id, now)

    async def list_for_practice(
        self, client_id: UUID, filters: DocumentFilter, page: PageRequest, *, for_bills: bool
    ) -> Page[PracticeDocumentView]:
        shown = [
            (one, self._practice_view(one))
            for one in self._of(client_id)
            if filters.is_listed(one, _versions(self.tx, one.id)[0][1].name)
            and (not for_bills or one.category in BILLING_CATEGORIES)
        ]
        return _page(shown, page)

    async def for_practice(self, client_id: UUID, document_id: UUID) -> PracticeDocumentView | None:
        document = self._find(client_id, document_id)
        return None if document is None else self._practice_view(document)

    async def list_uploads(self, page: PageRequest) -> Page[PracticeDocumentView]:
        before = page.before_id()
        sent = [one for one in self._all() if one.origin == "client" and one.id < before]
        sent = [one for one in sent if _versions(self.tx, one.id)[0][1].state != "awaiting_content"]
        sent.sort(key=lambda one: one.id, reverse=True)
        return page.paginate([self._practice_view(one) for one in sent], lambda one: one.id)

    async def versions(self, client_id: UUID, document_id: UUID) -> tuple[DocumentVersionView, ...]:
        if self._find(client_id, document_id) is None:
            return ()
        found = _versions(self.tx, document_id)
        return tuple(DocumentVersionView.of(one, file) for one, file in found if file.state != "awaiting_content")

    def _all(self) -> list[Document]:
        rows: list[Document] = own_rows(self.tx, "documents")
        return [one for one in rows if visible(self.tx, one.client_id) and not key_destroyed(self.tx, one.client_id)]

    def _of(self, client_id: UUID) -> list[Document]:
        return [one for one in self._all() if one.client_id == client_id]

    def _find(self, client_id: UUID, document_id: UUID) -> Document | None:
        return next((one for one in self._of(client_id) if one.id == document_id), None)

    def _marks(self, document_id: UUID) -> list[_Mark]:
        marks: list[_Mark] = own_rows(self.tx, "document_marks")
        return [one for one in marks if one.document_id == document_id]

    def _client_view(
        self, document: Document, scope: DocumentScope, account_id: UUID, now: datetime
    ) -> DocumentView | None:
        version, file = _readable(_versions(self.tx, document.id))
        hidden = document.sensitive and not scope.sensitive
        openable = document.origin == "client" or file.state == "clean"
        if hidden or not openable or file.state == "awaiting_content" or not document.is_visible(now):
            return None
        mark = next((one for one in self._marks(document.id) if one.account_id == account_id), None)
        return DocumentView.of(
            document,
            version.number,
            FileView.of_file(file),
            proxy=scope.proxy,
            viewed_at=mark.viewed_at if mark else None,
            downloaded_at=mark.downloaded_at if mark else None,
        )

    def _practice_view(self, document: Document) -> PracticeDocumentView:
        marks = self._marks(document.id)
        return PracticeDocumentView.of(
            document,
            FileView.of_file(_versions(self.tx, document.id)[0][1]),
            viewed_at=min((one.viewed_at for one in marks), default=None),
            downloaded_at=min((one.downloaded_at for one in marks if one.downloaded_at), default=None),
        )


def _page(shown: list[tuple[Document, V]], page: PageRequest) -> Page[V]:
    after = page.after_time()
    ordered = sorted(shown, key=lambda one: (one[0].listed_at, one[0].id), reverse=True)
    rows = [one for one in ordered if after is None or (one[0].listed_at, one[0].id) < after]
    found = page.paginate(rows, lambda one: (one[0].listed_at, one[0].id))
    return found.map(lambda one: one[1])


@define
class MemoryDocumentMarks(DocumentMarks):
    """One mark for each document and account."""

    tx: MemoryTransaction

    async def mark_viewed(self, client_id: UUID, document_id: UUID, account_id: UUID, at: datetime) -> None:
        self._mark(client_id, document_id, account_id, at, None)

    async def mark_downloaded(self, client_id: UUID, document_id: UUID, account_id: UUID, at: datetime) -> None:
        self._mark(client_id, document_id, account_id, at, at)

    def _mark(
        self, client_id: UUID, document_id: UUID, account_id: UUID, at: datetime, downloaded_at: datetime | None
    ) -> None:
        require_reachable(self.tx, client_id)
        key = own_key(self.tx, document_id, account_id)
        new = _Mark(client_id, document_id, account_id, at, downloaded_at)
        mark: _Mark = self.tx.table("document_marks").setdefault(key, new)
        if mark.downloaded_at is None:
            self.tx.table("document_marks")[key] = evolve(mark, downloaded_at=downloaded_at)
