"""Endpoints for a client's waitlist entries and offers."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import ClockTime, FromPath, Request, clock_time
from entrypoints.http.contract.routing import delete, get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.errors import (
    AlreadyOnWaitlist,
    ClientDischarged,
    NotBookable,
    OfferClosed,
    OutsideAvailability,
    OverlappingAppointment,
    SlotTaken,
    TooSoon,
    WaitlistEntryClosed,
)
from portal_core.appointments.use_cases.accept_offer import AcceptOffer
from portal_core.appointments.use_cases.decline_offer import DeclineOffer
from portal_core.appointments.use_cases.join_waitlist import JoinWaitlist, JoinWaitlistCommand
from portal_core.appointments.use_cases.leave_waitlist import LeaveWaitlist
from portal_core.appointments.use_cases.list_waitlist import ListWaitlist
from portal_core.appointments.views import AppointmentView, WaitlistEntryView
from portal_core.kernel.errors import Forbidden, StaleVersion
from portal_core.kernel.page import Page

Weekday = Annotated[int, Meta(ge=0, le=6)]


class JoinWaitlistRequest(Request, frozen=True):
    """What would suit, in the local time of the location, or of the practice without one.

    No `location_id` means any location or telehealth, unless `telehealth_only`; no `clinician_id` means any clinician
    of the care team.

    On dates from `earliest_date` to `latest_date`, inclusive, on `weekdays` (0 is Monday; empty means all), starting at
    or after `from_time` and ending by `until_time`, where 00:00 is the end of the day.
    """

    appointment_type_id: UUID
    earliest_date: date
    latest_date: Annotated[date, Meta(examples=["2027-04-14"])]
    location_id: UUID | None = None
    telehealth_only: Annotated[bool, Meta(examples=[False])] = False
    clinician_id: UUID | None = None
    weekdays: Annotated[tuple[Weekday, ...], Meta(max_length=7, examples=[[0, 2]])] = ()
    from_time: Annotated[ClockTime, Meta(examples=["16:00"])] = "00:00"
    until_time: Annotated[ClockTime, Meta(examples=["20:00"])] = "00:00"

    def command(self) -> JoinWaitlistCommand:
        """Convert to the use case's command."""
        return JoinWaitlistCommand(
            appointment_type_id=self.appointment_type_id,
            earliest_date=self.earliest_date,
            latest_date=self.latest_date,
            location_id=self.location_id,
            telehealth_only=self.telehealth_only,
            clinician_id=self.clinician_id,
            weekdays=frozenset(self.weekdays),
            from_time=clock_time(self.from_time),
            until_time=clock_time(self.until_time),
        )


class WaitlistController(Controller):
    """The record's waitlist entries, and offers for them."""

    path = "/appointments/waitlist"
    tags = ("Waitlist",)

    @get("")
    async def list_waitlist(
        self, request: PortalRequest, list_waitlist: NamedDependency[ListWaitlist]
    ) -> Page[WaitlistEntryView]:
        """Lists the client's waitlist entries, each with the offer that can be accepted now."""
        return await list_waitlist(request.actor)

    @post("", raises=[Forbidden, ClientDischarged, NotBookable, AlreadyOnWaitlist])
    async def join_waitlist(
        self, request: PortalRequest, data: JSONBody[JoinWaitlistRequest], join_waitlist: NamedDependency[JoinWaitlist]
    ) -> WaitlistEntryView:
        """Adds the client to the waitlist."""
        return await join_waitlist(request.actor, data.command())

    @delete("/{entry_id:uuid}", raises=[Forbidden, WaitlistEntryClosed, OfferClosed, StaleVersion])
    async def leave_waitlist(
        self, request: PortalRequest, entry_id: FromPath[UUID], leave_waitlist: NamedDependency[LeaveWaitlist]
    ) -> None:
        """Takes the client off the waitlist. An open offer goes to the next client."""
        await leave_waitlist(request.actor, entry_id)

    @post(
        "/offers/{offer_id:uuid}/accept",
        raises=[
            Forbidden,
            OfferClosed,
            WaitlistEntryClosed,
            ClientDischarged,
            NotBookable,
            OverlappingAppointment,
            SlotTaken,
            OutsideAvailability,
            TooSoon,
            StaleVersion,
        ],
    )
    async def accept_offer(
        self, request: PortalRequest, offer_id: FromPath[UUID], accept_offer: NamedDependency[AcceptOffer]
    ) -> AppointmentView:
        """Books the offered time."""
        return await accept_offer(request.actor, offer_id)

    @post("/offers/{offer_id:uuid}/decline", raises=[Forbidden, OfferClosed, StaleVersion])
    async def decline_offer(
        self, request: PortalRequest, offer_id: FromPath[UUID], decline_offer: NamedDependency[DeclineOffer]
    ) -> None:
        """Declines the offer, which goes to the next client; the client stays on the waitlist."""
        await decline_offer(request.actor, offer_id)
