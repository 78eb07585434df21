"""HTTP routes of requests to amend the record, for clients and proxies."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, PageSize, Request, Version, page
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.documents.amendment import MAX_STATEMENT_LENGTH, AmendmentRequestView
from portal_core.documents.errors import AmendmentNotDenied, AmendmentNotOpen, DisagreementGiven, DocumentWithheld
from portal_core.documents.use_cases.disagree_with_denial import DisagreeWithDenial, DisagreeWithDenialCommand
from portal_core.documents.use_cases.list_amendment_requests import ListAmendmentRequests, ListAmendmentRequestsQuery
from portal_core.documents.use_cases.request_amendment import RequestAmendment, RequestAmendmentCommand
from portal_core.documents.use_cases.withdraw_amendment_request import (
    WithdrawAmendmentRequest,
    WithdrawAmendmentRequestCommand,
)
from portal_core.kernel.errors import Forbidden, RecordDestroyed, StaleVersion
from portal_core.kernel.page import Page

StatementText = Annotated[
    str, Meta(min_length=1, max_length=MAX_STATEMENT_LENGTH, examples=["My date of admission was 3 May, not 5 May."])
]
"""A statement for the record, in plain language."""


class RequestAmendmentRequest(Request, frozen=True):
    """What is to be amended and how, and why. Without a document it is the record in general."""

    statement: StatementText
    reason: StatementText
    document_id: UUID | None = None


class AmendmentVersionRequest(Request, frozen=True):
    """The version that was shown."""

    version: Version | None = None


class StatementRequest(Request, frozen=True):
    """The statement, and the version that was shown."""

    statement: StatementText
    version: Version | None = None


class AmendmentRequestsController(Controller):
    """Requests of the client to amend the record (45 CFR 164.526)."""

    path = "/amendment-requests"
    tags = ("Documents",)

    @get("")
    async def list_amendment_requests(
        self,
        request: PortalRequest,
        list_amendment_requests: NamedDependency[ListAmendmentRequests],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[AmendmentRequestView]:
        """Lists the client's requests with the practice's answers, newest first."""
        return await list_amendment_requests(request.actor, ListAmendmentRequestsQuery(page(after, size)))

    @post("", raises=[Forbidden, DocumentWithheld])
    async def request_amendment(
        self,
        request: PortalRequest,
        data: JSONBody[RequestAmendmentRequest],
        request_amendment: NamedDependency[RequestAmendment],
    ) -> AmendmentRequestView:
        """Asks the practice to amend the record. It answers until `due_at`, within 60 days."""
        command = RequestAmendmentCommand(document_id=data.document_id, statement=data.statement, reason=data.reason)
        return await request_amendment(request.actor, command)

    @post(
        "/{amendment_request_id:uuid}/withdraw",
        status_code=200,
        raises=[Forbidden, AmendmentNotOpen, StaleVersion, RecordDestroyed],
    )
    async def withdraw_amendment_request(
        self,
        request: PortalRequest,
        amendment_request_id: FromPath[UUID],
        data: JSONBody[AmendmentVersionRequest],
        withdraw_amendment_request: NamedDependency[WithdrawAmendmentRequest],
    ) -> AmendmentRequestView:
        """Takes a request back that was not answered."""
        command = WithdrawAmendmentRequestCommand(amendment_request_id, data.version)
        return await withdraw_amendment_request(request.actor, command)

    @post(
        "/{amendment_request_id:uuid}/disagreement",
        status_code=200,
        raises=[Forbidden, AmendmentNotDenied, DisagreementGiven, StaleVersion, RecordDestroyed],
    )
    async def disagree_with_denial(
        self,
        request: PortalRequest,
        amendment_request_id: FromPath[UUID],
        data: JSONBody[StatementRequest],
        disagree_with_denial: NamedDependency[DisagreeWithDenial],
    ) -> AmendmentRequestView:
        """Adds a statement of disagreement with a denial. It stays with the record."""
        command = DisagreeWithDenialCommand(
            request_id=amendment_request_id, statement=data.statement, version=data.version
        )
        return await disagree_with_denial(request.actor, command)
