"""Ports of documents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from portal_core.documents.amendment import AmendmentRequest
from portal_core.documents.model import Document, DocumentVersion
from portal_core.documents.policy import DocumentScope
from portal_core.documents.views import (
    DocumentFilter,
    DocumentVersionView,
    DocumentView,
    PracticeDocumentView,
)
from portal_core.files.ports import FilesUnit
from portal_core.kernel.actor import Role
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest


class Documents(Protocol):
    """Documents and their versions. Titles and reasons are stored encrypted with the client's key."""

    async def add(self, document: Document, first: DocumentVersion, audit_entry: AuditEntry) -> None:
        """Raises:
        DuplicateSource: the practice has a document from its source.
        RecordDestroyed: the client's key was destroyed.
        """
        ...

    async def get(self, client_id: UUID, document_id: UUID) -> Document | None: ...

    async def lock(self, client_id: UUID, document_id: UUID) -> Document | None:
        """As `get`; it does not change until this unit ends."""
        ...

    async def find_by_source(self, client_id: UUID, source: str) -> Document | None: ...

    async def find_by_file(self, client_id: UUID, file_id: UUID) -> Document | None:
        """The document one of whose versions is this file."""
        ...

    async def save(self, document: Document, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        RecordDestroyed: the client's key was destroyed.
        """
        ...

    async def add_version(self, document: Document, added: DocumentVersion, audit_entry: AuditEntry) -> None:
        """Save the document together with its new version. Raises as `save`."""
        ...

    async def find_version(self, client_id: UUID, document_id: UUID, number: int | None) -> DocumentVersion | None:
        """The version with this number; for None the latest whose file is clean, or else the latest."""
        ...

    async def file_ids(self, client_id: UUID, document_id: UUID) -> tuple[UUID, ...]:
        """The files of all versions."""
        ...


class DocumentReads(Protocol):
    """Views of documents, each by one statement; the ones listed last, first."""

    async def list_for_client(
        self,
        client_id: UUID,
        scope: DocumentScope,
        account_id: UUID,
        filters: DocumentFilter,
        page: PageRequest,
        now: datetime,
    ) -> Page[DocumentView]:
        """What the client or proxy sees. A page of a search may have fewer rows than its size and still be followed by
        another one.

        Raises:
            Invalid: an invalid cursor.
        """
        ...

    async def for_client(
        self, client_id: UUID, scope: DocumentScope, account_id: UUID, document_id: UUID, now: datetime
    ) -> DocumentView | None: ...

    async def list_for_practice(
        self, client_id: UUID, filters: DocumentFilter, page: PageRequest, *, for_bills: bool
    ) -> Page[PracticeDocumentView]:
        """All documents of the client; with `for_bills` those of the categories that bills need."""
        ...

    async def for_practice(self, client_id: UUID, document_id: UUID) -> PracticeDocumentView | None: ...

    async def list_uploads(self, page: PageRequest) -> Page[PracticeDocumentView]:
        """What the clients of the practice sent, the latest first."""
        ...

    async def versions(self, client_id: UUID, document_id: UUID) -> tuple[DocumentVersionView, ...]:
        """All versions whose content has arrived, the latest first."""
        ...


class DocumentMarks(Protocol):
    """Who of the client and the proxies viewed and downloaded a document, and when first."""

    async def mark_viewed(self, client_id: UUID, document_id: UUID, account_id: UUID, at: datetime) -> None: ...

    async def mark_downloaded(self, client_id: UUID, document_id: UUID, account_id: UUID, at: datetime) -> None: ...


class AmendmentRequests(Protocol):
    """Requests to amend records. Texts are stored encrypted with the client's key."""

    async def add(self, row: AmendmentRequest, audit_entry: AuditEntry) -> None:
        """Raises:
        RecordDestroyed: the client's key was destroyed.
        """
        ...

    async def get(self, client_id: UUID, row_id: UUID) -> AmendmentRequest | None: ...

    async def save(self, row: AmendmentRequest, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        RecordDestroyed: the client's key was destroyed.
        """
        ...

    async def page(
        self, client_id: UUID, page: PageRequest, requested_by: UUID | None = None
    ) -> Page[AmendmentRequest]:
        """The client's, newest first; with `requested_by` those that this account made."""
        ...

    async def open_page(self, page: PageRequest) -> Page[AmendmentRequest]:
        """Those of all clients that wait for an answer, the one that is due first, first."""
        ...


class DocumentClients(Protocol):
    """Clients. To a clinician who sees own clients only, the others do not exist."""

    async def get(self, client_id: UUID) -> object | None: ...


class DocumentStaffMember(Protocol):
    """A member of the practice's staff."""

    @property
    def id(self) -> UUID: ...
    @property
    def roles(self) -> frozenset[Role]: ...
    @property
    def clinician_id(self) -> UUID | None: ...
    @property
    def active(self) -> bool: ...


class DocumentStaff(Protocol):
    async def all(self) -> Sequence[DocumentStaffMember]: ...


class DocumentCareTeams(Protocol):
    async def of(self, client_id: UUID) -> tuple[UUID, ...]: ...


class StaffAccount(Protocol):
    """The account of a member of staff."""

    @property
    def id(self) -> UUID: ...
    @property
    def status(self) -> str: ...


class StaffAccounts(Protocol):
    async def find_by_person(self, side: Literal["portal", "practice"], person_id: UUID) -> StaffAccount | None: ...


class DocumentsUnit(FilesUnit, Protocol):
    """The unit of work of documents."""

    @property
    def documents(self) -> Documents: ...
    @property
    def document_reads(self) -> DocumentReads: ...
    @property
    def document_marks(self) -> DocumentMarks: ...
    @property
    def amendment_requests(self) -> AmendmentRequests: ...
    @property
    def care_teams(self) -> DocumentCareTeams: ...
    @property
    def staff_records(self) -> DocumentStaff: ...
    @property
    def accounts(self) -> StaffAccounts: ...
    @property
    def client_records(self) -> DocumentClients: ...
