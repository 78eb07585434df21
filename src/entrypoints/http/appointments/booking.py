"""From what there is to book to an appointment: free times, holds, booking."""

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
    ClientDischarged,
    HoldExpired,
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
from portal_core.appointments.use_cases.find_slots import FindSlots, FindSlotsQuery
from portal_core.appointments.use_cases.get_booking_options import GetBookingOptions
from portal_core.appointments.use_cases.hold_slot import HoldSlot
from portal_core.appointments.use_cases.list_holds import ListHolds
from portal_core.appointments.use_cases.release_hold import ReleaseHold
from portal_core.appointments.views import AppointmentView, HoldView, SlotView
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
"""Why a time is not to be had."""


SlotsOnPage = Annotated[
    int,
    Meta(
        ge=1,
        le=MAX_PAGE,
        description="Rows on a page; more where several times start at one instant, which are never torn apart",
    ),
]


class BookAppointmentRequest(Request, frozen=True):
    """A free time, or one's hold on it: one of the two. The time of one's own hold or offer uses that up."""

    slot: SlotRequest | None = None
    hold_id: Annotated[UUID | None, Meta(examples=[None])] = None


class BookingController(Controller):
    """What a booking screen needs."""

    path = "/appointments"
    tags = ("Appointments",)

    @get("/options")
    async def get_booking_options(
        self, request: PortalRequest, get_booking_options: NamedDependency[GetBookingOptions]
    ) -> BookingOptionsView:
        """What one may book or ask for: kinds, places, the care team, and the practice's rules."""
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
        """Free times of the care team, soonest first.

        On the practice's local dates from `first_day` to `last_day`, both included, six weeks at most.
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

    @get("/holds")
    async def list_holds(self, request: PortalRequest, list_holds: NamedDependency[ListHolds]) -> Page[HoldView]:
        """What one holds now, the first to end first."""
        return await list_holds(request.actor)

    @post("/holds", raises=[Forbidden, TooManyHolds, *BOOKING_ERRORS])
    async def hold_slot(
        self, request: PortalRequest, data: JSONBody[SlotRequest], hold_slot: NamedDependency[HoldSlot]
    ) -> HoldView:
        """Keeps a free time for a few minutes, while one decides."""
        return await hold_slot(request.actor, data.choice())

    @delete("/holds/{hold_id:uuid}", raises=[Forbidden])
    async def release_hold(
        self, request: PortalRequest, hold_id: FromPath[UUID], release_hold: NamedDependency[ReleaseHold]
    ) -> None:
        """Gives a held time back."""
        await release_hold(request.actor, hold_id)

    @post("", raises=[Forbidden, NotFound, HoldExpired, *BOOKING_ERRORS])
    async def book_appointment(
        self,
        request: PortalRequest,
        data: JSONBody[BookAppointmentRequest],
        book_appointment: NamedDependency[BookAppointment],
    ) -> AppointmentView:
        """Books a free time, or the time that one holds.

        A client who was discharged books, holds, asks and waits for nothing new (`client_discharged`); they go on
        reading, joining, cancelling and withdrawing what they have.
        """
        choice = data.slot.choice() if data.slot else None
        return await book_appointment(request.actor, BookAppointmentCommand(choice=choice, hold_id=data.hold_id))
