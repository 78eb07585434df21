"""The erasure of records, by two administrators, and the legal holds that prevent it."""

from typing import Literal
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody

from entrypoints.http.contract.fields import Code, FromPath, Password, Request
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.errors import (
    AdministratorTooNew,
    CodeRefused,
    RequesterNotAdministrator,
    SecondFactorRequired,
    WrongPassword,
)
from portal_core.accounts.use_cases.confirm_record_erasure import ConfirmRecordErasure, ConfirmRecordErasureCommand
from portal_core.accounts.use_cases.lift_legal_hold import LiftLegalHold, LiftLegalHoldCommand
from portal_core.accounts.use_cases.list_record_erasures import ListRecordErasures
from portal_core.accounts.use_cases.request_record_erasure import RequestRecordErasure, RequestRecordErasureCommand
from portal_core.accounts.use_cases.withdraw_record_erasure import WithdrawRecordErasure, WithdrawRecordErasureCommand
from portal_core.kernel.errors import Forbidden, RecordDestroyed, StaleVersion
from portal_core.kernel.page import Page
from portal_core.people.erasure import RecordErasureView
from portal_core.people.errors import ErasureNotOpen, ErasureOpen, UnderLegalHold
from portal_core.people.use_cases.place_legal_hold import PlaceLegalHold

_PROOF_ERRORS = (Forbidden, SecondFactorRequired, WrongPassword, CodeRefused)


class RequestErasureRequest(Request, frozen=True):
    """One's own password and second factor, and the erasure in words."""

    confirm: Literal["erase this record"]
    password: Password
    code: Code


class ConfirmErasureRequest(RequestErasureRequest, frozen=True):
    """As for the request, of another administrator. What is erased cannot be restored."""


class LiftHoldRequest(Request, frozen=True):
    """One's own password and second factor."""

    password: Password
    code: Code


class ErasuresController(Controller):
    """Requests to erase a record, and legal holds."""

    tags = ("Practice: clients",)

    @get("/record-erasures", raises=[Forbidden])
    async def list_record_erasures(
        self, request: PortalRequest, list_record_erasures: NamedDependency[ListRecordErasures]
    ) -> Page[RecordErasureView]:
        """Returns the requests that wait for another administrator."""
        return await list_record_erasures(request.actor)

    @post(
        "/clients/{client_id:uuid}/erasures",
        raises=[*_PROOF_ERRORS, AdministratorTooNew, UnderLegalHold, ErasureOpen, RecordDestroyed],
    )
    async def request_record_erasure(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        data: JSONBody[RequestErasureRequest],
        request_record_erasure: NamedDependency[RequestRecordErasure],
    ) -> RecordErasureView:
        """Asks for the erasure of a client's record. Another administrator has seven days to confirm it."""
        command = RequestRecordErasureCommand(client_id, data.password, data.code)
        return await request_record_erasure(request.actor, command)

    @post(
        "/clients/{client_id:uuid}/erasures/{erasure_id:uuid}/confirm",
        raises=[
            *_PROOF_ERRORS,
            AdministratorTooNew,
            RequesterNotAdministrator,
            UnderLegalHold,
            ErasureNotOpen,
            StaleVersion,
        ],
    )
    async def confirm_record_erasure(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        erasure_id: FromPath[UUID],
        data: JSONBody[ConfirmErasureRequest],
        confirm_record_erasure: NamedDependency[ConfirmRecordErasure],
    ) -> RecordErasureView:
        """Erases the record: its key is destroyed, and with it its content, and who the client is. The audit log and
        the times of appointments stay.
        """
        command = ConfirmRecordErasureCommand(client_id, erasure_id, data.password, data.code)
        return await confirm_record_erasure(request.actor, command)

    @post(
        "/clients/{client_id:uuid}/erasures/{erasure_id:uuid}/withdraw",
        raises=[Forbidden, ErasureNotOpen, StaleVersion],
    )
    async def withdraw_record_erasure(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        erasure_id: FromPath[UUID],
        withdraw_record_erasure: NamedDependency[WithdrawRecordErasure],
    ) -> RecordErasureView:
        """Withdraws a request that nobody has confirmed."""
        return await withdraw_record_erasure(request.actor, WithdrawRecordErasureCommand(client_id, erasure_id))

    @post("/clients/{client_id:uuid}/legal-hold/place", raises=[Forbidden, RecordDestroyed])
    async def place_legal_hold(
        self, request: PortalRequest, client_id: FromPath[UUID], place_legal_hold: NamedDependency[PlaceLegalHold]
    ) -> None:
        """Keeps the record from being erased until the hold is lifted."""
        await place_legal_hold(request.actor, client_id)

    @post("/clients/{client_id:uuid}/legal-hold/lift", raises=_PROOF_ERRORS)
    async def lift_legal_hold(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        data: JSONBody[LiftHoldRequest],
        lift_legal_hold: NamedDependency[LiftLegalHold],
    ) -> None:
        """Lifts the legal hold of a record. Every administrator of the practice is told by email."""
        await lift_legal_hold(request.actor, LiftLegalHoldCommand(client_id, data.password, data.code))
