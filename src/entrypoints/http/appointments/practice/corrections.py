"""Staff endpoints that put right what was recorded about an appointment."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import FromPath, Request, Version
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.attendance import AttendanceStatus
from portal_core.appointments.correction import MAX_CORRECTION_REASON_LENGTH, FeeChange
from portal_core.appointments.errors import NoFeeDue, NotBooked, NothingToCorrect, NotStarted, OverlappingAppointment
from portal_core.appointments.practice_views import CorrectionView, PracticeAppointmentView
from portal_core.appointments.use_cases.correct_appointment import CorrectAppointment, CorrectAppointmentCommand
from portal_core.appointments.use_cases.list_corrections import ListCorrections
from portal_core.appointments.use_cases.waive_fee import WaiveFee, WaiveFeeCommand
from portal_core.kernel.errors import Forbidden, StaleVersion
from portal_core.kernel.page import Page

CorrectionReason = Annotated[
    str, Meta(min_length=1, max_length=MAX_CORRECTION_REASON_LENGTH, examples=["Marked for the wrong client."])
]


class CorrectAppointmentRequest(Request, frozen=True, kw_only=True):
    """The right `status` of one client's part; without `client_id`, of all who have another and had not cancelled.

    `fee` keeps what is due, charges the practice's fee for a no-show or late cancellation, or waives what is due.
    `reason` is not shown to clients. `version` is the one that the caller saw.
    """

    client_id: UUID | None = None
    status: Annotated[AttendanceStatus, Meta(examples=["no_show"])]
    fee: FeeChange = "keep"
    reason: CorrectionReason
    version: Version | None = None


class WaiveFeeRequest(Request, frozen=True, kw_only=True):
    """The client who need not pay. `reason` is not shown to them. `version` is the one that the caller saw."""

    client_id: UUID
    reason: CorrectionReason
    version: Version | None = None


class CorrectionsController(Controller):
    """Corrections of an appointment."""

    path = "/appointments/{appointment_id:uuid}"
    tags = ("Practice: appointments",)

    @post(
        "/corrections",
        raises=[Forbidden, NotBooked, NotStarted, NothingToCorrect, OverlappingAppointment, StaleVersion],
    )
    async def correct_appointment(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[CorrectAppointmentRequest],
        correct_appointment: NamedDependency[CorrectAppointment],
    ) -> PracticeAppointmentView:
        """Puts right a wrong no-show or completion, or withdraws a visit that did not take place.

        Clients see the right status in their appointments; only a new fee, or that none is due any more, is
        notified to them.
        """
        command = CorrectAppointmentCommand(
            appointment_id=appointment_id,
            client_id=data.client_id,
            status=data.status,
            fee=data.fee,
            reason=data.reason,
            version=data.version,
        )
        return await correct_appointment(request.actor, command)

    @get("/corrections", raises=[Forbidden])
    async def list_corrections(
        self, request: PortalRequest, appointment_id: FromPath[UUID], list_corrections: NamedDependency[ListCorrections]
    ) -> Page[CorrectionView]:
        """Lists what was put right in an appointment, with the reasons, latest first."""
        return await list_corrections(request.actor, appointment_id)

    @post("/waive-fee", status_code=200, raises=[Forbidden, NoFeeDue, StaleVersion])
    async def waive_fee(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[WaiveFeeRequest],
        waive_fee: NamedDependency[WaiveFee],
    ) -> PracticeAppointmentView:
        """Waives the fee that a client owes for a late change."""
        command = WaiveFeeCommand(
            appointment_id=appointment_id, client_id=data.client_id, reason=data.reason, version=data.version
        )
        return await waive_fee(request.actor, command)
