"""Errors of documents."""

from portal_core.kernel.errors import Conflict, Forbidden


class PsychotherapyNotesNotShareable(Forbidden):
    """Psychotherapy notes (45 CFR 164.501) are kept apart from the record, and a client has no right of access to them
    (45 CFR 164.524(a)(1)(i)). The portal takes none, and so can share none.
    """

    code = "psychotherapy_notes_not_shareable"
    title = "Psychotherapy notes cannot be shared through the portal. Keep them separate from the record."


class DocumentNotShared(Conflict):
    """The document is not shared, or the share was revoked or has expired."""

    code = "document_not_shared"
    title = "This document is not shared with the client."


class DocumentWithheld(Forbidden):
    """A clinician withholds the document from who asks for it (45 CFR 164.524(a)(3))."""

    code = "document_withheld"
    title = (
        "Your practice does not give access to this document at present. You can ask that another clinician reviews "
        "the decision."
    )


class NotWithheld(Conflict):
    """The document is not withheld."""

    code = "not_withheld"
    title = "This document is not withheld."


class ReviewNotRequested(Conflict):
    """Nobody asked for a review of the decision, or it was reviewed."""

    code = "review_not_requested"
    title = "No review of this decision is pending."


class ReviewPending(Conflict):
    """The client asked for a review of the decision, which cannot be replaced before."""

    code = "review_pending"
    title = "The client asked for a review of this decision. Another clinician reviews it first."


class ReviewNeedsColleague(Forbidden):
    """The decision is reviewed by a clinician who did not take part in it (45 CFR 164.524(a)(4))."""

    code = "review_needs_colleague"
    title = "Another clinician than the one who decided must review this."


class DuplicateSource(Conflict):
    """A document from this source exists: the same form, receipt or letter is filed once."""

    code = "duplicate_source"
    title = "A document from this source already exists."


class AmendmentNotOpen(Conflict):
    """The request to amend was answered or withdrawn."""

    code = "amendment_not_open"
    title = "This request was already answered or withdrawn."


class AlreadyExtended(Conflict):
    """The time to answer was extended before: once is what 45 CFR 164.526(b)(2)(ii) allows."""

    code = "already_extended"
    title = "The time to answer this request was already extended. Answer it until it is due."


class AmendmentNotDenied(Conflict):
    """A statement of disagreement follows a denial only."""

    code = "amendment_not_denied"
    title = "This request was not denied."


class DisagreementGiven(Conflict):
    """There is a statement of disagreement."""

    code = "disagreement_given"
    title = "You already gave a statement of disagreement. It stays with your record."


class NoDisagreement(Conflict):
    """There is no statement of disagreement to rebut."""

    code = "no_disagreement"
    title = "The client gave no statement of disagreement."
