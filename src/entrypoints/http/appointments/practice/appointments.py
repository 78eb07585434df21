"""The practice's appointments: the day, and what staff do about an appointment."""

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
    OwnOverlap,
    SlotTaken,
    TooSoon,
)
from portal_core.appointments.settings import MOST_SEATS
from portal_core.appointments.use_cases.book_for_client import BookForClient, BookForClientCommand
from portal_core.appointments.use_cases.cancel_for_clients import CancelForClients, CancelForClientsCommand
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointment, CompleteAppointmentCommand
from portal_core.appointments.use_cases.list_client_appointments import (
    ListClientAppointments,
    ListClientAppointmentsQuery,
)
from portal_core.appointments.use_cases.list_day import ListDay, ListDayQuery
from portal_core.appointments.use_cases.mark_no_show import MarkNoShow, MarkNoShowCommand
from portal_core.appointments.use_cases.move_for_clients import MoveForClients, MoveForClientsCommand
from portal_core.appointments.use_cases.show_practice_appointment import ShowPracticeAppointment
from portal_core.appointments.views import AppointmentFilter, Scope
from portal_core.appointments.views_practice import DayView, PracticeAppointmentView
from portal_core.kernel.errors import Forbidden, StaleVersion
from portal_core.kernel.page import Page

REFUSALS = (NotBookable, OwnOverlap, SlotTaken, OutsideAvailability, TooSoon)
"""Why staff cannot have a time: no notice, advance or grid binds them, and nobody is booked over somebody else."""


class BookForClientRequest(SlotRequest, frozen=True, kw_only=True):
    """The time, and for whom. `outside_hours` books also where the clinician has published no availability.

    `took_place` writes down a visit that has begun, and not more than 30 days ago, as completed: nobody is told of it.
    """

    client_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=MOST_SEATS)]
    outside_hours: bool = False
    took_place: Annotated[bool, Meta(examples=[False])] = False


class MoveForClientsRequest(SlotRequest, frozen=True):
    """The new time in full; `kind_id` is the appointment's own. `version` is the one that was shown."""

    outside_hours: bool = False
    version: Version | None = None


class CancelForClientsRequest(Request, frozen=True):
    """`reason` is shown to the clients. `offer_again` false when the clinician will not be there."""

    reason: Reason | None = None
    offer_again: bool = True
    version: Version | None = None


class NoShowRequest(Request, frozen=True):
    """Who did not come."""

    client_id: UUID
    version: Version | None = None


class CompleteRequest(Request, frozen=True):
    """`version` is the one that was shown."""

    version: Version | None = None


class PracticeAppointmentsController(Controller):
    """Appointments of the practice."""

    path = "/appointments"
    tags = ("Practice: appointments",)

    @get("/day", raises=[Forbidden])
    async def list_day(
        self,
        request: PortalRequest,
        list_day: NamedDependency[ListDay],
        date: FromQuery[date],
        clinician_id: FromQuery[UUID | None] = None,
    ) -> DayView:
        """Everything on one of the practice's local dates; clinicians see their own day."""
        return await list_day(request.actor, ListDayQuery(date=date, clinician_id=clinician_id))

    @get("/{appointment_id:uuid}", raises=[Forbidden])
    async def show_practice_appointment(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        show_practice_appointment: NamedDependency[ShowPracticeAppointment],
    ) -> PracticeAppointmentView:
        """One appointment, with everybody in it; clinicians see those in their own calendar."""
        return await show_practice_appointment(request.actor, appointment_id)

    @post("", raises=[Forbidden, ClientDischarged, NotStarted, *REFUSALS])
    async def book_for_client(
        self,
        request: PortalRequest,
        data: JSONBody[BookForClientRequest],
        book_for_client: NamedDependency[BookForClient],
    ) -> PracticeAppointmentView:
        """Books for a client, or for several who come together; or writes down that they came."""
        command = BookForClientCommand(
            choice=data.choice(),
            client_ids=data.client_ids,
            outside_hours=data.outside_hours,
            took_place=data.took_place,
        )
        return await book_for_client(request.actor, command)

    @patch("/{appointment_id:uuid}/reschedule", raises=[Forbidden, NotBooked, AlreadyStarted, StaleVersion, *REFUSALS])
    async def move_for_clients(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[MoveForClientsRequest],
        move_for_clients: NamedDependency[MoveForClients],
    ) -> PracticeAppointmentView:
        """Moves an appointment for all who come, and tells each."""
        command = MoveForClientsCommand(
            appointment_id=appointment_id,
            choice=data.choice(),
            outside_hours=data.outside_hours,
            version=data.version,
        )
        return await move_for_clients(request.actor, command)

    @patch("/{appointment_id:uuid}/cancel", raises=[Forbidden, NotBooked, AlreadyStarted, StaleVersion])
    async def cancel_for_clients(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[CancelForClientsRequest],
        cancel_for_clients: NamedDependency[CancelForClients],
    ) -> PracticeAppointmentView:
        """Cancels for all who still come, without a fee, and tells each."""
        command = CancelForClientsCommand(
            appointment_id=appointment_id, reason=data.reason, offer_again=data.offer_again, version=data.version
        )
        return await cancel_for_clients(request.actor, command)

    @patch("/{appointment_id:uuid}/no-show", raises=[Forbidden, NotBooked, NotStarted, StaleVersion])
    async def mark_no_show(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[NoShowRequest],
        mark_no_show: NamedDependency[MarkNoShow],
    ) -> PracticeAppointmentView:
        """Notes that a client did not come."""
        command = MarkNoShowCommand(appointment_id=appointment_id, client_id=data.client_id, version=data.version)
        return await mark_no_show(request.actor, command)

    @patch("/{appointment_id:uuid}/complete", raises=[Forbidden, NotBooked, NotStarted, StaleVersion])
    async def complete_appointment(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        data: JSONBody[CompleteRequest],
        complete_appointment: NamedDependency[CompleteAppointment],
    ) -> PracticeAppointmentView:
        """Notes that an appointment took place."""
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
        which: FromQuery[Scope] = "upcoming",
        since: FromQuery[Instant | None] = None,
        until: FromQuery[Instant | None] = None,
        after: FromQuery[Cursor] = "",
        size: FromQuery[PageSize] = 20,
    ) -> Page[PracticeAppointmentView]:
        """A client's upcoming, past, cancelled or all appointments, in the order of the client's own list.

        Clinicians see those in their own calendar. With `since` and `until` only those that start from the one up to,
        not including, the other.
        """
        query = ListClientAppointmentsQuery(client_id, AppointmentFilter(which, since, until), page(after, size))
        return await list_client_appointments(request.actor, query)
