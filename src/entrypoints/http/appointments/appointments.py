"""Endpoints for a client's appointments: list, read, cancel and reschedule."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.appointments.booking import BOOKING_ERRORS
from entrypoints.http.contract.fields import Count, Cursor, FromPath, FromQuery, Instant, PageSize, Request, page
from entrypoints.http.contract.routing import get, patch
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.errors import AlreadyStarted, LateCancelRefused, NotBooked, RescheduledByPracticeOnly
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointment, CancelAppointmentCommand
from portal_core.appointments.use_cases.get_appointment import GetAppointment
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointments, ListMyAppointmentsQuery
from portal_core.appointments.use_cases.reschedule_appointment import (
    RescheduleAppointment,
    RescheduleAppointmentCommand,
)
from portal_core.appointments.views import AppointmentCategory, AppointmentFilter, AppointmentView
from portal_core.kernel.errors import Forbidden, StaleVersion
from portal_core.kernel.page import Page

Reason = Annotated[str, Meta(max_length=1000, examples=["I am travelling that week."])]


ClientVersion = Annotated[int, Meta(ge=0, le=2**31 - 1, examples=[0])]
"""The version of a client's appointment starts at 0, like SEQUENCE in calendars (RFC 5545, 3.8.7.4)."""


class CancelAppointmentRequest(Request, frozen=True):
    """Optional reason and the version that the client saw, which is 0 before any change."""

    reason: Reason | None = None
    version: Count | None = None


class RescheduleAppointmentRequest(Request, frozen=True):
    """The new time, clinician and location; the appointment type stays the same.

    `version` is the one that the client saw, which is 0 before any change.
    """

    clinician_id: UUID
    starts_at: Instant
    location_id: UUID | None = None
    version: Count | None = None


class AppointmentsController(Controller):
    """The record's appointments."""

    path = "/appointments"
    tags = ("Appointments",)

    @get("")
    async def list_my_appointments(
        self,
        request: PortalRequest,
        list_my_appointments: NamedDependency[ListMyAppointments],
        category: FromQuery[AppointmentCategory] = "upcoming",
        since: FromQuery[Instant | None] = None,
        until: FromQuery[Instant | None] = None,
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[AppointmentView]:
        """Lists upcoming, past, cancelled or all appointments, with the actions possible now.

        `since` (inclusive) and `until` (exclusive) limit the start.
        """
        query = ListMyAppointmentsQuery(AppointmentFilter(category, since, until), page(after, size))
        return await list_my_appointments(request.actor, query)

    @get("/{appointment_id:uuid}")
    async def get_appointment(
        self, request: PortalRequest, appointment_id: FromPath[UUID], get_appointment: NamedDependency[GetAppointment]
    ) -> AppointmentView:
        """Returns one appointment."""
        return await get_appointment(request.actor, appointment_id)

    @patch(
        "/{appointment_id:uuid}/cancel",
        raises=[Forbidden, NotBooked, AlreadyStarted, LateCancelRefused, StaleVersion],
    )
    async def cancel_appointment(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[CancelAppointmentRequest],
        cancel_appointment: NamedDependency[CancelAppointment],
    ) -> AppointmentView:
        """Cancels an appointment.

        Within the notice period this is refused, allowed, or costs `cancel_fee`, depending on the practice's rules.
        """
        command = CancelAppointmentCommand(appointment_id=appointment_id, reason=data.reason, version=data.version)
        return await cancel_appointment(request.actor, command)

    @patch(
        "/{appointment_id:uuid}/reschedule",
        raises=[
            Forbidden,
            NotBooked,
            AlreadyStarted,
            LateCancelRefused,
            RescheduledByPracticeOnly,
            StaleVersion,
            *BOOKING_ERRORS,
        ],
    )
    async def reschedule_appointment(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[RescheduleAppointmentRequest],
        reschedule_appointment: NamedDependency[RescheduleAppointment],
    ) -> AppointmentView:
        """Moves an appointment to another free time. If that is not available, the appointment stays unchanged.

        If time, location and clinician are the same, nothing changes and the appointment is returned.
        """
        command = RescheduleAppointmentCommand(
            appointment_id=appointment_id,
            clinician_id=data.clinician_id,
            location_id=data.location_id,
            starts_at=data.starts_at,
            version=data.version,
        )
        return await reschedule_appointment(request.actor, command)
