"""Staff endpoints for the clients of a booked appointment."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.appointments.appointments import Reason
from entrypoints.http.contract.fields import FromPath, Request, Version
from entrypoints.http.contract.routing import post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.errors import (
    AlreadyAttending,
    AlreadyStarted,
    ClientDischarged,
    NoSeatLeft,
    NotBookable,
    NotBooked,
    OverlappingAppointment,
)
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.appointments.use_cases.add_client_to_appointment import (
    AddClientToAppointment,
    AddClientToAppointmentCommand,
)
from portal_core.appointments.use_cases.cancel_attendance import CancelAttendance, CancelAttendanceCommand
from portal_core.kernel.errors import Forbidden, RecordDestroyed, StaleVersion


class AddClientToAppointmentRequest(Request, frozen=True):
    """The client to add. `version` is the one that the caller saw."""

    client_id: UUID
    version: Version | None = None


class CancelAttendanceRequest(Request, frozen=True):
    """`reason` is shown to the client, `internal_note` to staff alone.

    With `late_fee` they owe the practice's fee for a late cancellation.
    Set `offer_to_waitlist` to false if the clinician will not be available when the last client leaves.
    """

    reason: Reason | None = None
    internal_note: Reason | None = None
    late_fee: Annotated[bool, Meta(examples=[False])] = False
    offer_to_waitlist: bool = True
    version: Version | None = None


class AttendancesController(Controller):
    """The clients of an appointment."""

    path = "/appointments/{appointment_id:uuid}/attendances"
    tags = ("Practice: appointments",)

    @post(
        "",
        raises=[
            Forbidden,
            ClientDischarged,
            RecordDestroyed,
            NotBookable,
            NotBooked,
            AlreadyStarted,
            AlreadyAttending,
            NoSeatLeft,
            OverlappingAppointment,
            StaleVersion,
        ],
    )
    async def add_client_to_appointment(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[AddClientToAppointmentRequest],
        add_client_to_appointment: NamedDependency[AddClientToAppointment],
    ) -> PracticeAppointmentView:
        """Adds a client to an appointment with a free seat, and notifies them. The other clients see no change."""
        command = AddClientToAppointmentCommand(
            appointment_id=appointment_id, client_id=data.client_id, version=data.version
        )
        return await add_client_to_appointment(request.actor, command)

    @post("/{client_id:uuid}/cancel", status_code=200, raises=[Forbidden, NotBooked, AlreadyStarted, StaleVersion])
    async def cancel_attendance(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        client_id: FromPath[UUID],
        data: JSONBody[CancelAttendanceRequest],
        cancel_attendance: NamedDependency[CancelAttendance],
    ) -> PracticeAppointmentView:
        """Takes one client out of an appointment, and notifies them. The other clients see no change.

        When the last client leaves, the appointment is cancelled.
        """
        command = CancelAttendanceCommand(
            appointment_id=appointment_id,
            client_id=client_id,
            reason=data.reason,
            internal_note=data.internal_note,
            late_fee=data.late_fee,
            offer_to_waitlist=data.offer_to_waitlist,
            version=data.version,
        )
        return await cancel_attendance(request.actor, command)
