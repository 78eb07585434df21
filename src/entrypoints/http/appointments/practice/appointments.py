"""Staff endpoints for appointments: the schedule, booking and changes."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.appointments.appointments import Reason
from entrypoints.http.appointments.slot import SlotRequest
from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, Instant, PageSize, Request, Version, page
from entrypoints.http.contract.routing import get, patch, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.errors import (
    AlreadyStarted,
    ClientDischarged,
    NotBookable,
    NotBooked,
    NotStarted,
    OutsideAvailability,
    OverlappingAppointment,
    SlotTaken,
    TooSoon,
)
from portal_core.appointments.practice_views import PracticeAppointmentView, ScheduleView
from portal_core.appointments.settings import MAX_SEATS
from portal_core.appointments.use_cases.book_appointment_for_clients import (
    BookAppointmentForClients,
    BookAppointmentForClientsCommand,
)
from portal_core.appointments.use_cases.cancel_appointment_for_clients import (
    CancelAppointmentForClients,
    CancelAppointmentForClientsCommand,
)
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointment, CompleteAppointmentCommand
from portal_core.appointments.use_cases.get_practice_appointment import GetPracticeAppointment
from portal_core.appointments.use_cases.get_schedule import GetSchedule, GetScheduleQuery
from portal_core.appointments.use_cases.list_client_appointments import (
    ListClientAppointments,
    ListClientAppointmentsQuery,
)
from portal_core.appointments.use_cases.mark_no_show import MarkNoShow, MarkNoShowCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import (
    RescheduleAppointmentForClients,
    RescheduleAppointmentForClientsCommand,
)
from portal_core.appointments.views import AppointmentCategory, AppointmentFilter
from portal_core.kernel.errors import Forbidden, RecordDestroyed, StaleVersion
from portal_core.kernel.page import Page

BOOKING_ERRORS = (NotBookable, OverlappingAppointment, SlotTaken, OutsideAvailability, TooSoon)
"""Why staff cannot book a time. Notice, advance limit and grid do not apply to staff; double booking is refused."""


class BookAppointmentForClientsRequest(SlotRequest, frozen=True, kw_only=True):
    """The slot and the clients. `outside_hours` also allows times without published availability.

    `took_place` records a visit that started at most 30 days ago as completed, at any time of day and without any
    notices.
    """

    client_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=MAX_SEATS)]
    outside_hours: bool = False
    took_place: Annotated[bool, Meta(examples=[False])] = False


class RescheduleAppointmentForClientsRequest(SlotRequest, frozen=True):
    """The new slot, with the appointment's own `appointment_type_id`. `version` is the one that the caller saw."""

    outside_hours: bool = False
    version: Version | None = None


class CancelAppointmentForClientsRequest(Request, frozen=True):
    """`reason` is shown to the clients, `internal_note` to staff alone.

    Set `offer_to_waitlist` to false if the clinician will not be available.
    """

    reason: Reason | None = None
    internal_note: Reason | None = None
    offer_to_waitlist: bool = True
    version: Version | None = None


class NoShowRequest(Request, frozen=True):
    """The client who did not attend. `version` is the one that the caller saw.

    With `charge_fee` they owe the practice's fee for a no-show, or if it has none, that for a late cancellation. False
    charges nothing; if omitted, the fee for a no-show is charged if the practice has one.
    """

    client_id: UUID
    charge_fee: Annotated[bool | None, Meta(examples=[False])] = None
    version: Version | None = None


class CompleteRequest(Request, frozen=True):
    """`version` is the one that the caller saw."""

    version: Version | None = None


class ScheduleController(Controller):
    """The practice's schedule."""

    path = "/schedule"
    tags = ("Practice: appointments",)

    @get("", raises=[Forbidden])
    async def get_schedule(
        self,
        request: PortalRequest,
        get_schedule: NamedDependency[GetSchedule],
        first_day: FromQuery[date],
        last_day: FromQuery[date],
        clinician_id: FromQuery[UUID | None] = None,
    ) -> ScheduleView:
        """Returns appointments, holds and blocks of the practice or of one clinician; clinicians see their own.

        On the practice's local dates from `first_day` to `last_day`, both inclusive, at most 31 days.
        """
        query = GetScheduleQuery(first_day=first_day, last_day=last_day, clinician_id=clinician_id)
        return await get_schedule(request.actor, query)


class PracticeAppointmentsController(Controller):
    """Appointments of the practice."""

    path = "/appointments"
    tags = ("Practice: appointments",)

    @get("/{appointment_id:uuid}", raises=[Forbidden])
    async def get_practice_appointment(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        get_practice_appointment: NamedDependency[GetPracticeAppointment],
    ) -> PracticeAppointmentView:
        """Returns one appointment with all of its clients; clinicians see those in their own calendar."""
        return await get_practice_appointment(request.actor, appointment_id)

    @post("", raises=[Forbidden, ClientDischarged, RecordDestroyed, NotStarted, *BOOKING_ERRORS])
    async def book_appointment_for_clients(
        self,
        request: PortalRequest,
        data: JSONBody[BookAppointmentForClientsRequest],
        book_appointment_for_clients: NamedDependency[BookAppointmentForClients],
    ) -> PracticeAppointmentView:
        """Books an appointment for one or more clients, or records a visit that took place."""
        command = BookAppointmentForClientsCommand(
            choice=data.choice(),
            client_ids=data.client_ids,
            outside_hours=data.outside_hours,
            took_place=data.took_place,
        )
        return await book_appointment_for_clients(request.actor, command)

    @patch(
        "/{appointment_id:uuid}/reschedule",
        raises=[Forbidden, NotBooked, AlreadyStarted, StaleVersion, *BOOKING_ERRORS],
    )
    async def reschedule_appointment_for_clients(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[RescheduleAppointmentForClientsRequest],
        reschedule_appointment_for_clients: NamedDependency[RescheduleAppointmentForClients],
    ) -> PracticeAppointmentView:
        """Moves an appointment for all attending clients, and notifies each."""
        command = RescheduleAppointmentForClientsCommand(
            appointment_id=appointment_id,
            choice=data.choice(),
            outside_hours=data.outside_hours,
            version=data.version,
        )
        return await reschedule_appointment_for_clients(request.actor, command)

    @patch("/{appointment_id:uuid}/cancel", raises=[Forbidden, NotBooked, AlreadyStarted, StaleVersion])
    async def cancel_appointment_for_clients(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[CancelAppointmentForClientsRequest],
        cancel_appointment_for_clients: NamedDependency[CancelAppointmentForClients],
    ) -> PracticeAppointmentView:
        """Cancels for all attending clients, without a fee, and notifies each."""
        command = CancelAppointmentForClientsCommand(
            appointment_id=appointment_id,
            reason=data.reason,
            internal_note=data.internal_note,
            offer_to_waitlist=data.offer_to_waitlist,
            version=data.version,
        )
        return await cancel_appointment_for_clients(request.actor, command)

    @post("/{appointment_id:uuid}/no-show", status_code=200, raises=[Forbidden, NotBooked, NotStarted, StaleVersion])
    async def mark_no_show(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[NoShowRequest],
        mark_no_show: NamedDependency[MarkNoShow],
    ) -> PracticeAppointmentView:
        """Marks a client as a no-show, with the practice's fee or without."""
        command = MarkNoShowCommand(
            appointment_id=appointment_id,
            client_id=data.client_id,
            charge_fee=data.charge_fee,
            version=data.version,
        )
        return await mark_no_show(request.actor, command)

    @post("/{appointment_id:uuid}/complete", status_code=200, raises=[Forbidden, NotBooked, NotStarted, StaleVersion])
    async def complete_appointment(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[CompleteRequest],
        complete_appointment: NamedDependency[CompleteAppointment],
    ) -> PracticeAppointmentView:
        """Marks an appointment as completed."""
        command = CompleteAppointmentCommand(appointment_id=appointment_id, version=data.version)
        return await complete_appointment(request.actor, command)


class ClientAppointmentsController(Controller):
    """Appointments of one client."""

    path = "/clients/{client_id:uuid}/appointments"
    tags = ("Practice: appointments",)

    @get("", raises=[Forbidden])
    async def list_client_appointments(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        list_client_appointments: NamedDependency[ListClientAppointments],
        category: FromQuery[AppointmentCategory] = "upcoming",
        since: FromQuery[Instant | None] = None,
        until: FromQuery[Instant | None] = None,
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[PracticeAppointmentView]:
        """Lists a client's upcoming, past, cancelled or all appointments, in the order of the client's own list.

        Clinicians see those in their own calendar. `since` (inclusive) and `until` (exclusive) limit the start.
        """
        query = ListClientAppointmentsQuery(client_id, AppointmentFilter(category, since, until), page(after, size))
        return await list_client_appointments(request.actor, query)
