"""HTTP routes for withholding a document that would do harm."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import FromPath, Request, Version
from entrypoints.http.contract.routing import post
from entrypoints.http.documents.practice.documents import DocumentVersionRequest
from entrypoints.http.server.request import PortalRequest
from portal_core.documents.errors import NotWithheld, ReviewNeedsColleague, ReviewNotRequested, ReviewPending
from portal_core.documents.model import MAX_REASON_LENGTH, ReviewOutcome, WithholdingBasis
from portal_core.documents.use_cases.release_document import ReleaseDocument, ReleaseDocumentCommand
from portal_core.documents.use_cases.review_withholding import ReviewWithholding, ReviewWithholdingCommand
from portal_core.documents.use_cases.withhold_document import WithholdDocument, WithholdDocumentCommand
from portal_core.documents.views import PracticeDocumentView
from portal_core.kernel.errors import Forbidden, RecordDestroyed, StaleVersion

Reason = Annotated[str, Meta(min_length=1, max_length=MAX_REASON_LENGTH, examples=["Named a third person in danger."])]


class WithholdDocumentRequest(Request, frozen=True):
    """The ground of 45 CFR 164.524(a)(3), and the reason, which the client never sees."""

    basis: WithholdingBasis
    reason: Reason
    version: Version | None = None


class ReviewWithholdingRequest(Request, frozen=True):
    """What the review came to, and the version that was shown."""

    outcome: ReviewOutcome
    version: Version | None = None


class WithholdingController(Controller):
    """Withholding of a client's document, for clinicians."""

    path = "/clients/{client_id:uuid}/documents/{document_id:uuid}"
    tags = ("Practice: documents",)

    @post("/withhold", status_code=200, raises=[Forbidden, ReviewPending, StaleVersion, RecordDestroyed])
    async def withhold_document(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        document_id: FromPath[UUID],
        data: JSONBody[WithholdDocumentRequest],
        withhold_document: NamedDependency[WithholdDocument],
    ) -> PracticeDocumentView:
        """Withholds a document from the client and the proxies, or from the proxies alone.

        They see that there is a document, on which ground it is withheld, and can ask for a review.
        """
        command = WithholdDocumentCommand(
            client_id=client_id,
            document_id=document_id,
            basis=data.basis,
            reason=data.reason,
            version=data.version,
        )
        return await withhold_document(request.actor, command)

    @post("/release", status_code=200, raises=[Forbidden, NotWithheld, StaleVersion, RecordDestroyed])
    async def release_document(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        document_id: FromPath[UUID],
        data: JSONBody[DocumentVersionRequest],
        release_document: NamedDependency[ReleaseDocument],
    ) -> PracticeDocumentView:
        """Ends the withholding of a document."""
        command = ReleaseDocumentCommand(client_id=client_id, document_id=document_id, version=data.version)
        return await release_document(request.actor, command)

    @post(
        "/withholding-review",
        status_code=200,
        raises=[Forbidden, ReviewNotRequested, ReviewNeedsColleague, StaleVersion, RecordDestroyed],
    )
    async def review_withholding(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        document_id: FromPath[UUID],
        data: JSONBody[ReviewWithholdingRequest],
        review_withholding: NamedDependency[ReviewWithholding],
    ) -> PracticeDocumentView:
        """Upholds or reverses a colleague's decision that the client asked to have reviewed."""
        command = ReviewWithholdingCommand(
            client_id=client_id, document_id=document_id, outcome=data.outcome, version=data.version
        )
        return await review_withholding(request.actor, command)
