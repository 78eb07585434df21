"""Endpoints for online booking: options, free times, holds and bookings."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.appointments.slot import SlotRequest
from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, Request, page
from entrypoints.http.contract.routing import delete, get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.errors import (
    AlreadyAttending,
    ClientDischarged,
    HoldExpired,
    NoSeatLeft,
    NotBookable,
    OutsideAvailability,
    OverlappingAppointment,
    SlotTaken,
    TooFar,
    TooManyHolds,
    TooSoon,
)
from portal_core.appointments.option_views import BookingOptionsView
from portal_core.appointments.use_cases.book_appointment import BookAppointment, BookAppointmentCommand
from portal_core.appointments.use_cases.count_slots import CountSlots, CountSlotsQuery
from portal_core.appointments.use_cases.find_slots import FindSlots, FindSlotsQuery
from portal_core.appointments.use_cases.get_booking_options import GetBookingOptions
from portal_core.appointments.use_cases.hold_slot import HoldSlot, HoldSlotCommand
from portal_core.appointments.use_cases.list_holds import ListHolds
from portal_core.appointments.use_cases.release_hold import ReleaseHold
from portal_core.appointments.views import AppointmentView, HoldView, SlotCountsView, SlotView
from portal_core.kernel.errors import Forbidden, NotFound
from portal_core.kernel.page import MAX_PAGE, Page

BOOKING_ERRORS = (
    ClientDischarged,
    NotBookable,
    OverlappingAppointment,
    SlotTaken,
    OutsideAvailability,
    TooSoon,
    TooFar,
)
"""Why a client cannot book a time."""


SlotsOnPage = Annotated[
    int,
    Meta(
        ge=1,
        le=MAX_PAGE,
        description="Items on a page; may be more, since times with the same start stay on one page",
    ),
]


class BookAppointmentRequest(Request, frozen=True):
    """Either a free time or one of the client's holds. Booking the time of an own hold or offer uses it up."""

    slot: SlotRequest | None = None
    hold_id: Annotated[UUID | None, Meta(examples=[None])] = None


class BookingController(Controller):
    """Online booking."""

    path = "/appointments"
    tags = ("Appointments",)

    @get("/options")
    async def get_booking_options(
        self, request: PortalRequest, get_booking_options: NamedDependency[GetBookingOptions]
    ) -> BookingOptionsView:
        """Returns what the client's care team offers, and the practice's rules.

        An appointment type that is not `self_bookable` can be requested; the practice books it.
        """
        return await get_booking_options(request.actor)

    @get("/slots", raises=[ClientDischarged, NotBookable])
    async def find_slots(
        self,
        request: PortalRequest,
        find_slots: NamedDependency[FindSlots],
        appointment_type_id: FromQuery[UUID],
        first_day: FromQuery[date],
        last_day: FromQuery[date],
        clinician_id: FromQuery[UUID | None] = None,
        location_id: FromQuery[UUID | None] = None,
        telehealth: FromQuery[bool | None] = None,
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[SlotsOnPage] = 100,
    ) -> Page[SlotView]:
        """Lists free times of the care team, soonest first, and those at which a shared appointment has a free seat.

        On the practice's local dates from `first_day` to `last_day`, both inclusive, at most six weeks.
        """
        query = FindSlotsQuery(
            appointment_type_id=appointment_type_id,
            first_day=first_day,
            last_day=last_day,
            clinician_id=clinician_id,
            location_id=location_id,
            telehealth=telehealth,
            page=page(after, size),
        )
        return await find_slots(request.actor, query)

    @get("/slots/counts", raises=[ClientDischarged, NotBookable])
    async def count_slots(
        self,
        request: PortalRequest,
        count_slots: NamedDependency[CountSlots],
        appointment_type_id: FromQuery[UUID],
        first_day: FromQuery[date],
        last_day: FromQuery[date],
        clinician_id: FromQuery[UUID | None] = None,
        location_id: FromQuery[UUID | None] = None,
        telehealth: FromQuery[bool | None] = None,
    ) -> SlotCountsView:
        """Counts the free times of each day, for a calendar in which a day is chosen first.

        On the practice's local dates from `first_day` to `last_day`, both inclusive, at most six weeks.
        """
        query = CountSlotsQuery(
            appointment_type_id=appointment_type_id,
            first_day=first_day,
            last_day=last_day,
            clinician_id=clinician_id,
            location_id=location_id,
            telehealth=telehealth,
        )
        return await count_slots(request.actor, query)

    @get("/holds")
    async def list_holds(self, request: PortalRequest, list_holds: NamedDependency[ListHolds]) -> Page[HoldView]:
        """Lists the client's unexpired holds, the first to expire first."""
        return await list_holds(request.actor)

    @post("/holds", raises=[Forbidden, TooManyHolds, *BOOKING_ERRORS])
    async def hold_slot(
        self, request: PortalRequest, data: JSONBody[SlotRequest], hold_slot: NamedDependency[HoldSlot]
    ) -> HoldView:
        """Reserves a free time for a few minutes while the client decides.

        A time of an appointment type with several seats cannot be held (`not_bookable`): it is booked directly.
        """
        return await hold_slot(request.actor, HoldSlotCommand(data.choice()))

    @delete("/holds/{hold_id:uuid}", raises=[Forbidden])
    async def release_hold(
        self, request: PortalRequest, hold_id: FromPath[UUID], release_hold: NamedDependency[ReleaseHold]
    ) -> None:
        """Releases a held time."""
        await release_hold(request.actor, hold_id)

    @post("", raises=[Forbidden, NotFound, HoldExpired, AlreadyAttending, NoSeatLeft, *BOOKING_ERRORS])
    async def book_appointment(
        self,
        request: PortalRequest,
        data: JSONBody[BookAppointmentRequest],
        book_appointment: NamedDependency[BookAppointment],
    ) -> AppointmentView:
        """Books a free time, or the time of a hold.

        Where the appointment type has several seats, the client joins the appointment that is booked at this time.

        A discharged client cannot book, hold, send requests or join the waitlist (`client_discharged`); they can still
        read, join, cancel and withdraw what they have.
        """
        choice = data.slot.choice() if data.slot else None
        return await book_appointment(request.actor, BookAppointmentCommand(choice=choice, hold_id=data.hold_id))
