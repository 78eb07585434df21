"""Read models of documents."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.documents.model import (
    Document,
    DocumentCategory,
    DocumentOrigin,
    DocumentVersion,
    Withholding,
    WithholdingBasis,
)
from portal_core.files.kinds.kind import KINDS, FileKindName
from portal_core.files.model import FileState, StoredFile
from portal_core.kernel.text import folded

DocumentState = Literal["awaiting_content", "being_checked", "available", "refused", "withheld"]
"""`refused`: malware was found in it."""
ReviewState = Literal["none", "pending", "upheld"]

_STATES: dict[FileState, DocumentState] = {
    "awaiting_content": "awaiting_content",
    "quarantined": "being_checked",
    "clean": "available",
    "infected": "refused",
    "erased": "refused",
}


@frozen
class FileView:
    """A file: its name, and once its content has arrived, what it is, with its size in bytes."""

    file_name: str
    state: DocumentState
    media_type: str | None
    size: int | None
    shown_in_page: bool

    @classmethod
    def of(cls, name: str | None, state: FileState, kind: FileKindName | None, size: int | None) -> "FileView":
        known = KINDS[kind] if kind else None
        media_type, shown = (known.media_type, known.shown_in_page) if known else (None, False)
        return cls(name or "", _STATES[state], media_type, size, shown)

    @classmethod
    def of_file(cls, file: StoredFile) -> "FileView":
        return cls.of(file.name, file.state, file.kind, file.size)


@frozen
class WithheldView:
    """That a document is withheld, on which ground, and what became of the client's request for a review."""

    basis: WithholdingBasis
    since: datetime
    review: ReviewState

    @classmethod
    def of(cls, withholding: Withholding) -> "WithheldView":
        review: ReviewState = (
            "upheld" if withholding.reviewed_at else "pending" if withholding.review_pending else "none"
        )
        return cls(withholding.basis, withholding.decided_at, review)


@frozen(kw_only=True)
class DocumentView:
    """A document as the client sees it.

    `file` is the latest version that can be opened, or the one that was sent. `title` and `file` are None for a
    document that is withheld. `viewed_at` and `downloaded_at` are of the first time by this account.
    """

    id: UUID
    category: DocumentCategory
    title: str | None
    state: DocumentState
    origin: DocumentOrigin
    listed_at: datetime
    expires_at: datetime | None
    sensitive: bool
    version_number: int
    file: FileView | None
    viewed_at: datetime | None
    downloaded_at: datetime | None
    withheld: WithheldView | None
    version: int

    @classmethod
    def of(
        cls,
        document: Document,
        number: int,
        file: FileView,
        *,
        proxy: bool,
        viewed_at: datetime | None = None,
        downloaded_at: datetime | None = None,
    ) -> "DocumentView":
        hidden = document.is_withheld(proxy=proxy)
        return cls(
            id=document.id,
            category=document.category,
            title=None if hidden else document.title or "",
            state="withheld" if hidden else file.state,
            origin=document.origin,
            listed_at=document.listed_at,
            expires_at=document.expires_at,
            sensitive=document.sensitive,
            version_number=number,
            file=None if hidden else file,
            viewed_at=viewed_at,
            downloaded_at=downloaded_at,
            withheld=WithheldView.of(document.withholding) if hidden and document.withholding else None,
            version=document.version,
        )


@frozen(kw_only=True)
class PracticeWithholdingView:
    """A clinician's decision to withhold a document, for staff. Clinicians alone read the reason."""

    basis: WithholdingBasis
    reason: str | None
    decided_by: UUID
    decided_at: datetime
    review_requested_at: datetime | None
    reviewed_by: UUID | None
    reviewed_at: datetime | None

    @classmethod
    def of(cls, one: Withholding, reason: str | None) -> "PracticeWithholdingView":
        return cls(
            basis=one.basis,
            reason=reason,
            decided_by=one.decided_by,
            decided_at=one.decided_at,
            review_requested_at=one.review_requested_at,
            reviewed_by=one.reviewed_by,
            reviewed_at=one.reviewed_at,
        )


@frozen(kw_only=True)
class PracticeDocumentView:
    """A document as staff see it.

    `latest` is its latest version. `viewed_at` and `downloaded_at` are of the first time by the client or a proxy.
    """

    id: UUID
    client_id: UUID
    category: DocumentCategory
    title: str
    origin: DocumentOrigin
    sensitive: bool
    added_by: UUID | None
    added_at: datetime
    shared_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    versions: int
    latest: FileView
    viewed_at: datetime | None
    downloaded_at: datetime | None
    withholding: PracticeWithholdingView | None
    version: int

    def without_reason(self) -> "PracticeDocumentView":
        """What those see who are no clinicians."""
        if self.withholding is None:
            return self
        return evolve(self, withholding=evolve(self.withholding, reason=None))

    @classmethod
    def of(
        cls,
        document: Document,
        latest: FileView,
        *,
        viewed_at: datetime | None = None,
        downloaded_at: datetime | None = None,
    ) -> "PracticeDocumentView":
        withholding = document.withholding
        return cls(
            id=document.id,
            client_id=document.client_id,
            category=document.category,
            title=document.title or "",
            origin=document.origin,
            sensitive=document.sensitive,
            added_by=document.added_by,
            added_at=document.added_at,
            shared_at=document.shared_at,
            expires_at=document.expires_at,
            revoked_at=document.revoked_at,
            versions=document.versions,
            latest=latest,
            viewed_at=viewed_at,
            downloaded_at=downloaded_at,
            withholding=None
            if withholding is None
            else PracticeWithholdingView.of(withholding, document.withheld_reason),
            version=document.version,
        )


@frozen
class DocumentVersionView:
    """One version of a document."""

    number: int
    added_at: datetime
    file: FileView

    @classmethod
    def of(cls, version: DocumentVersion, file: StoredFile) -> "DocumentVersionView":
        return cls(version.number, version.added_at, FileView.of_file(file))


@frozen
class DownloadLinkView:
    """A link under which the file can be downloaded until then. Shown once."""

    token: str
    expires_at: datetime


@frozen
class DocumentFilter:
    """Which documents a list has: of one category, and with these words in the title or the file's name."""

    category: DocumentCategory | None = None
    search: str = ""
    _searched: tuple[str, ...] = field(init=False)

    @_searched.default
    def _fold_search(self) -> tuple[str, ...]:
        return tuple(folded(self.search).split())

    def is_found(self, *names: str | None) -> bool:
        """Whether each searched word is in the title or the file's name, whatever its case and accents."""
        if not self._searched:
            return True
        text = folded(" ".join(filter(None, names)))
        return all(word in text for word in self._searched)

    def is_listed(self, document: Document, file_name: str | None) -> bool:
        """Whether the list has this document."""
        return self.category in (None, document.category) and self.is_found(document.title, file_name)
