"""Requests of clients to amend their record (45 CFR 164.526)."""

from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.documents.errors import (
    AlreadyExtended,
    AmendmentNotDenied,
    AmendmentNotOpen,
    DisagreementGiven,
    NoDisagreement,
)
from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.kernel.text import check_free_text, text_or_none

ANSWER_PERIOD: Final = timedelta(days=60)
"""The practice acts on a request within 60 days of its receipt (45 CFR 164.526(b)(2)(i))."""
EXTENSION: Final = timedelta(days=30)
"""It may take 30 days more, once, if it states the reason (45 CFR 164.526(b)(2)(ii))."""
MAX_STATEMENT_LENGTH = 4000

AmendmentState = Literal["requested", "accepted", "denied", "withdrawn"]
DenialBasis = Literal["not_created_by_practice", "not_in_record", "not_open_to_access", "accurate_and_complete"]
"""The grounds of 45 CFR 164.526(a)(2), (i) to (iv)."""


def clean_statement(text: str) -> str:
    """What is to be amended, or a statement on a denial. Raises as `_clean`."""
    return _clean(text, "statement")


def clean_reason(text: str) -> str:
    """Why the record is to be amended, or why the answer takes longer. Raises as `_clean`."""
    return _clean(text, "reason")


def clean_answer(text: str) -> str:
    """The practice's answer. Raises as `_clean`."""
    return _clean(text, "answer")


def _clean(text: str, path: str) -> str:
    """What a client or the practice states, as it was written.

    Raises:
        Invalid: `empty`, `too_long` or `characters_invalid`.
    """
    check_free_text(text, path, MAX_STATEMENT_LENGTH)
    stated = text_or_none(text)
    if stated is None:
        raise Invalid.at(path, "empty", "Must not be empty.")
    return stated


@frozen(kw_only=True)
class AmendmentRequest:
    """A client's request to amend a document, or the record in general (`document_id` None).

    `statement` says what is to be amended and how, `reason` why. The practice accepts it or denies it until `due_at`,
    with an `answer`. After a denial the client may give a `disagreement`, to which the practice may give a `rebuttal`;
    both stay with the record. All texts are None once the client's key is destroyed.
    """

    id: UUID
    client_id: UUID
    document_id: UUID | None
    statement: str | None
    reason: str | None
    requested_by: UUID
    requested_at: datetime
    due_at: datetime
    state: AmendmentState = "requested"
    extension_reason: str | None = None
    extended_at: datetime | None = None
    denial_basis: DenialBasis | None = None
    answer: str | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    disagreement: str | None = None
    disagreed_at: datetime | None = None
    rebuttal: str | None = None
    rebutted_at: datetime | None = None
    version: int = 1

    def extend(self, reason: str, at: datetime, version: int | None = None) -> "AmendmentRequest":
        """Answered 30 days later, for a stated reason.

        Raises:
            AmendmentNotOpen: it was answered or withdrawn.
            AlreadyExtended: it was extended before.
            StaleVersion: it changed since it was read.
        """
        self._require_open()
        if self.extended_at is not None:
            raise AlreadyExtended
        due_at = self.requested_at + ANSWER_PERIOD + EXTENSION
        return self._next(version, extension_reason=reason, extended_at=at, due_at=due_at)

    def decide(
        self, *, denial_basis: DenialBasis | None, answer: str, by: UUID, at: datetime, version: int | None = None
    ) -> "AmendmentRequest":
        """Accepted, or with a ground denied.

        Raises:
            AmendmentNotOpen: it was answered or withdrawn.
            StaleVersion: it changed since it was read.
        """
        self._require_open()
        state: AmendmentState = "accepted" if denial_basis is None else "denied"
        return self._next(version, state=state, denial_basis=denial_basis, answer=answer, decided_by=by, decided_at=at)

    def withdraw(self, version: int | None = None) -> "AmendmentRequest":
        """Taken back by the client.

        Raises:
            AmendmentNotOpen: it was answered or withdrawn.
            StaleVersion: it changed since it was read.
        """
        self._require_open()
        return self._next(version, state="withdrawn")

    def disagree(self, statement: str, at: datetime, version: int | None = None) -> "AmendmentRequest":
        """With the client's statement of disagreement (45 CFR 164.526(d)(2)).

        Raises:
            AmendmentNotDenied: it was not denied.
            DisagreementGiven: there is a statement.
            StaleVersion: it changed since it was read.
        """
        if self.state != "denied":
            raise AmendmentNotDenied
        if self.disagreed_at is not None:
            raise DisagreementGiven
        return self._next(version, disagreement=statement, disagreed_at=at)

    def rebut(self, statement: str, at: datetime, version: int | None = None) -> "AmendmentRequest":
        """With the practice's rebuttal, in place of an earlier one (45 CFR 164.526(d)(3)).

        Raises:
            NoDisagreement: the client gave no statement of disagreement.
            StaleVersion: it changed since it was read.
        """
        if self.disagreed_at is None:
            raise NoDisagreement
        return self._next(version, rebuttal=statement, rebutted_at=at)

    def _require_open(self) -> None:
        if self.state != "requested":
            raise AmendmentNotOpen

    def _next(self, version: int | None, **changes: object) -> "AmendmentRequest":
        if version is not None and version != self.version:
            raise StaleVersion
        return evolve(self, version=self.version + 1, **changes)  # type: ignore[arg-type]


@frozen(kw_only=True)
class AmendmentRequestView:
    """A request to amend the record, as the client and staff see it."""

    id: UUID
    client_id: UUID
    document_id: UUID | None
    state: AmendmentState
    statement: str
    reason: str
    requested_at: datetime
    due_at: datetime
    extension_reason: str | None
    extended_at: datetime | None
    denial_basis: DenialBasis | None
    answer: str | None
    decided_at: datetime | None
    disagreement: str | None
    disagreed_at: datetime | None
    rebuttal: str | None
    rebutted_at: datetime | None
    version: int

    @classmethod
    def of(cls, one: AmendmentRequest) -> "AmendmentRequestView":
        return cls(
            id=one.id,
            client_id=one.client_id,
            document_id=one.document_id,
            state=one.state,
            statement=one.statement or "",
            reason=one.reason or "",
            requested_at=one.requested_at,
            due_at=one.due_at,
            extension_reason=one.extension_reason,
            extended_at=one.extended_at,
            denial_basis=one.denial_basis,
            answer=one.answer,
            decided_at=one.decided_at,
            disagreement=one.disagreement,
            disagreed_at=one.disagreed_at,
            rebuttal=one.rebuttal,
            rebutted_at=one.rebutted_at,
            version=one.version,
        )
