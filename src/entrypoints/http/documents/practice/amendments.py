"""HTTP routes of requests to amend records, for staff."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody

from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, PageSize, Request, Version, page
from entrypoints.http.contract.routing import get, post
from entrypoints.http.documents.amendments import StatementRequest, StatementText
from entrypoints.http.server.request import PortalRequest
from portal_core.documents.amendment import AmendmentRequestView, DenialBasis
from portal_core.documents.errors import AlreadyExtended, AmendmentNotOpen, NoDisagreement
from portal_core.documents.use_cases.decide_amendment_request import (
    DecideAmendmentRequest,
    DecideAmendmentRequestCommand,
)
from portal_core.documents.use_cases.extend_amendment_request import (
    ExtendAmendmentRequest,
    ExtendAmendmentRequestCommand,
)
from portal_core.documents.use_cases.list_client_amendment_requests import (
    ListClientAmendmentRequests,
    ListClientAmendmentRequestsQuery,
)
from portal_core.documents.use_cases.list_open_amendment_requests import (
    ListOpenAmendmentRequests,
    ListOpenAmendmentRequestsQuery,
)
from portal_core.documents.use_cases.rebut_disagreement import RebutDisagreement, RebutDisagreementCommand
from portal_core.kernel.errors import Forbidden, RecordDestroyed, StaleVersion
from portal_core.kernel.page import Page


class ExtendAmendmentRequestRequest(Request, frozen=True):
    """Why more time is needed, for the client, and the version that was shown."""

    reason: StatementText
    version: Version | None = None


class AcceptAmendmentRequestRequest(Request, frozen=True):
    """What was amended, for the client, and the version that was shown."""

    answer: StatementText
    version: Version | None = None


class DenyAmendmentRequestRequest(Request, frozen=True):
    """The ground of 45 CFR 164.526(a)(2), the explanation for the client, and the version that was shown."""

    basis: DenialBasis
    answer: StatementText
    version: Version | None = None


class ClientAmendmentRequestsController(Controller):
    """Requests of one client to amend the record (45 CFR 164.526)."""

    path = "/clients/{client_id:uuid}/amendment-requests"
    tags = ("Practice: documents",)

    @get("", raises=[Forbidden])
    async def list_client_amendment_requests(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        list_client_amendment_requests: NamedDependency[ListClientAmendmentRequests],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[AmendmentRequestView]:
        """Lists a client's requests with their answers, newest first."""
        query = ListClientAmendmentRequestsQuery(client_id, page(after, size))
        return await list_client_amendment_requests(request.actor, query)

    @post(
        "/{amendment_request_id:uuid}/extend",
        status_code=200,
        raises=[Forbidden, AmendmentNotOpen, AlreadyExtended, StaleVersion, RecordDestroyed],
    )
    async def extend_amendment_request(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        amendment_request_id: FromPath[UUID],
        data: JSONBody[ExtendAmendmentRequestRequest],
        extend_amendment_request: NamedDependency[ExtendAmendmentRequest],
    ) -> AmendmentRequestView:
        """Takes 30 days more to answer, once, and tells the client why."""
        command = ExtendAmendmentRequestCommand(
            client_id=client_id, request_id=amendment_request_id, reason=data.reason, version=data.version
        )
        return await extend_amendment_request(request.actor, command)

    @post(
        "/{amendment_request_id:uuid}/accept",
        status_code=200,
        raises=[Forbidden, AmendmentNotOpen, StaleVersion, RecordDestroyed],
    )
    async def accept_amendment_request(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        amendment_request_id: FromPath[UUID],
        data: JSONBody[AcceptAmendmentRequestRequest],
        decide_amendment_request: NamedDependency[DecideAmendmentRequest],
    ) -> AmendmentRequestView:
        """Accepts a request. Add the amended document as a new version, or as a new document."""
        command = DecideAmendmentRequestCommand(
            client_id=client_id, request_id=amendment_request_id, answer=data.answer, version=data.version
        )
        return await decide_amendment_request(request.actor, command)

    @post(
        "/{amendment_request_id:uuid}/deny",
        status_code=200,
        raises=[Forbidden, AmendmentNotOpen, StaleVersion, RecordDestroyed],
    )
    async def deny_amendment_request(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        amendment_request_id: FromPath[UUID],
        data: JSONBody[DenyAmendmentRequestRequest],
        decide_amendment_request: NamedDependency[DecideAmendmentRequest],
    ) -> AmendmentRequestView:
        """Denies a request. The client may add a statement of disagreement."""
        command = DecideAmendmentRequestCommand(
            client_id=client_id,
            request_id=amendment_request_id,
            answer=data.answer,
            denial_basis=data.basis,
            version=data.version,
        )
        return await decide_amendment_request(request.actor, command)

    @post(
        "/{amendment_request_id:uuid}/rebuttal",
        status_code=200,
        raises=[Forbidden, NoDisagreement, StaleVersion, RecordDestroyed],
    )
    async def rebut_disagreement(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        amendment_request_id: FromPath[UUID],
        data: JSONBody[StatementRequest],
        rebut_disagreement: NamedDependency[RebutDisagreement],
    ) -> AmendmentRequestView:
        """Adds a rebuttal to the client's statement of disagreement. The client sees it."""
        command = RebutDisagreementCommand(
            client_id=client_id, request_id=amendment_request_id, statement=data.statement, version=data.version
        )
        return await rebut_disagreement(request.actor, command)


class OpenAmendmentRequestsController(Controller):
    """Requests of all clients that wait for an answer."""

    path = "/amendment-requests"
    tags = ("Practice: documents",)

    @get("", raises=[Forbidden])
    async def list_open_amendment_requests(
        self,
        request: PortalRequest,
        list_open_amendment_requests: NamedDependency[ListOpenAmendmentRequests],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[AmendmentRequestView]:
        """Lists the requests that wait for an answer, the one that is due first, first."""
        return await list_open_amendment_requests(request.actor, ListOpenAmendmentRequestsQuery(page(after, size)))
