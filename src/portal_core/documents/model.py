"""A document, its versions, and the rules for sharing and withholding it."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.documents.errors import (
    DocumentNotShared,
    NotWithheld,
    PsychotherapyNotesNotShareable,
    ReviewNeedsColleague,
    ReviewNotRequested,
    ReviewPending,
)
from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.kernel.text import multi_line_text, single_line_text

MAX_TITLE_LENGTH = 200
MAX_REASON_LENGTH = 2000

DocumentCategory = Literal[
    "visit_summary",
    "treatment_plan",
    "assessment",
    "test_result",
    "letter",
    "form",
    "receipt",
    "statement",
    "insurance",
    "identification",
    "outside_record",
    "psychotherapy_notes",
    "other",
]
"""What a document is. `psychotherapy_notes` is there to be refused: an EHR that names it must not get through."""
UploadCategory = Literal["insurance", "identification", "outside_record", "other"]
"""What a client may send."""
BILLING_CATEGORIES: Final[frozenset[DocumentCategory]] = frozenset({"insurance", "receipt", "statement"})
"""What a biller sees."""

DocumentOrigin = Literal["practice", "client"]

WithholdingBasis = Literal["danger_to_life_or_safety", "harm_to_person_mentioned", "harm_by_representative"]
"""The reviewable grounds of 45 CFR 164.524(a)(3), (i) to (iii): access is reasonably likely to endanger the life or
physical safety of the client or another person; the document mentions another person, to whom access is reasonably
likely to cause substantial harm; access by a personal representative is reasonably likely to cause substantial harm.
The last one withholds it from proxies only."""
ReviewOutcome = Literal["upheld", "reversed"]


def clean_title(title: str) -> str:
    """The title as one line.

    Raises:
        Invalid: `empty`, `too_long` or `characters_invalid`.
    """
    return single_line_text(title, "title", MAX_TITLE_LENGTH)


def withholding_reason(reason: str) -> str:
    """A clinician's reason, for the practice alone.

    Raises:
        Invalid: `empty`, `too_long` or `characters_invalid`.
    """
    return multi_line_text(reason, "reason", MAX_REASON_LENGTH)


def require_shareable(category: DocumentCategory) -> None:
    """Raises:
    PsychotherapyNotesNotShareable: it is the category of psychotherapy notes.
    """
    if category == "psychotherapy_notes":
        raise PsychotherapyNotesNotShareable


@frozen(kw_only=True)
class Withholding:
    """A licensed clinician's decision that access to a document would do harm. The client may have it reviewed."""

    basis: WithholdingBasis
    decided_by: UUID
    decided_at: datetime
    review_requested_at: datetime | None = None
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = None

    def applies_to(self, *, proxy: bool) -> bool:
        """Whether the document is withheld from the client, or with `proxy` from a proxy."""
        return proxy or self.basis != "harm_by_representative"

    @property
    def review_pending(self) -> bool:
        return self.review_requested_at is not None and self.reviewed_at is None


@frozen(kw_only=True)
class Document:
    """A document of a client's record.

    One that the practice added is the client's to see while it is shared: from `shared_at`, until it is revoked, or
    until `expires_at`. One that the client sent is theirs to see always. Proxies see a `sensitive` one only with the
    area `sensitive_documents`. `versions` is the number of the latest version. `listed_at` is when it was added or last
    shared: lists are sorted by it. `source` is unique in the practice, for documents that other features and the EHR
    file: the same receipt is filed once. `withheld_reason` is for the practice alone. Title and reason are None once
    the client's key is destroyed.
    """

    id: UUID
    client_id: UUID
    category: DocumentCategory
    title: str | None
    origin: DocumentOrigin
    added_by: UUID | None
    added_at: datetime
    listed_at: datetime
    sensitive: bool = False
    source: str | None = None
    shared_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    versions: int = 1
    withholding: Withholding | None = None
    withheld_reason: str | None = None
    version: int = 1

    def is_shared(self, now: datetime) -> bool:
        """Whether the practice lets the client see it."""
        return (
            self.shared_at is not None
            and self.revoked_at is None
            and (self.expires_at is None or now < self.expires_at)
        )

    def is_visible(self, now: datetime) -> bool:
        """Whether the client sees it, at least as one that is withheld."""
        return self.origin == "client" or self.is_shared(now)

    def is_withheld(self, *, proxy: bool) -> bool:
        return self.withholding is not None and self.withholding.applies_to(proxy=proxy)

    def share(self, at: datetime, expires_at: datetime | None, version: int | None = None) -> "Document":
        """Shared from now on, until `expires_at`; again, if the share was revoked or has expired.

        Raises:
            PsychotherapyNotesNotShareable: it holds psychotherapy notes.
            Invalid: `expires_at` is not after now.
            StaleVersion: the document changed since it was read.
        """
        require_shareable(self.category)
        check_expiry(expires_at, at)
        return self._next(version, shared_at=at, listed_at=at, expires_at=expires_at, revoked_at=None)

    def revoke(self, at: datetime, version: int | None = None) -> "Document":
        """No longer shared.

        Raises:
            DocumentNotShared: it is not shared.
            StaleVersion: the document changed since it was read.
        """
        if self.shared_at is None or self.revoked_at is not None:
            raise DocumentNotShared
        return self._next(version, revoked_at=at)

    def change(
        self, *, title: str, category: DocumentCategory, sensitive: bool, version: int | None = None
    ) -> "Document":
        """Raises:
        PsychotherapyNotesNotShareable: the new category is that of psychotherapy notes.
        StaleVersion: the document changed since it was read.
        """
        require_shareable(category)
        return self._next(version, title=clean_title(title), category=category, sensitive=sensitive)

    def add_version(self, version: int | None = None) -> "Document":
        """With one version more, whose content follows.

        Raises:
            StaleVersion: the document changed since it was read.
        """
        return self._next(version, versions=self.versions + 1)

    def withhold(self, withholding: Withholding, reason: str, version: int | None = None) -> "Document":
        """Withheld by this decision, in place of an earlier one.

        Raises:
            ReviewPending: a review of the earlier one is pending.
            StaleVersion: the document changed since it was read.
        """
        if self.withholding is not None and self.withholding.review_pending:
            raise ReviewPending
        return self._next(version, withholding=withholding, withheld_reason=reason)

    def release(self, version: int | None = None) -> "Document":
        """No longer withheld.

        Raises:
            NotWithheld: it is not withheld.
            StaleVersion: the document changed since it was read.
        """
        if self.withholding is None:
            raise NotWithheld
        return self._next(version, withholding=None, withheld_reason=None)

    def request_review(self, at: datetime) -> "Document":
        """The client asks for a review of a document that is withheld; a repetition changes nothing."""
        assert self.withholding is not None
        if self.withholding.review_requested_at is not None:
            return self
        return self._next(None, withholding=evolve(self.withholding, review_requested_at=at))

    def review(self, outcome: ReviewOutcome, by: UUID, at: datetime, version: int | None = None) -> "Document":
        """A colleague upholds the decision, or reverses it. The practice abides by that (45 CFR 164.524(d)(4)).

        Raises:
            ReviewNotRequested: no review is pending.
            ReviewNeedsColleague: it is the decision of the reviewer.
            StaleVersion: the document changed since it was read.
        """
        decision = self.withholding
        if decision is None or not decision.review_pending:
            raise ReviewNotRequested
        if decision.decided_by == by:
            raise ReviewNeedsColleague
        if outcome == "reversed":
            return self.release(version)
        return self._next(version, withholding=evolve(decision, reviewed_by=by, reviewed_at=at))

    def _next(self, version: int | None, **changes: object) -> "Document":
        if version is not None and version != self.version:
            raise StaleVersion
        return evolve(self, version=self.version + 1, **changes)  # type: ignore[arg-type]


@frozen(kw_only=True)
class DocumentVersion:
    """One version of a document: the file that holds it. The number counts from 1."""

    id: UUID
    client_id: UUID
    document_id: UUID
    number: int
    file_id: UUID
    added_by: UUID | None
    added_at: datetime


def check_expiry(expires_at: datetime | None, now: datetime) -> None:
    """Raises:
    Invalid: the time is not after now.
    """
    if expires_at is not None and expires_at <= now:
        raise Invalid.at("expires_at", "past", "Must be in the future.")
