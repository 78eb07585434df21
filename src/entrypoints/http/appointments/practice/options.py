"""What the practice offers, and on which terms: kinds of appointment, places, rules."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from attrs import evolve
from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import FromPath, Request, TimeZone, Version
from entrypoints.http.contract.routing import get, post, put
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.option_views import (
    AppointmentRulesView,
    AppointmentTypeView,
    BookingOptionsView,
    LocationView,
)
from portal_core.appointments.scheduling.deadlines import MAX_NOTICE_DAYS, CalendarDays
from portal_core.appointments.scheduling.durations import MAX_ADVANCE_DAYS
from portal_core.appointments.settings import (
    MAX_ADDRESS_LENGTH,
    MAX_NAME_LENGTH,
    MAX_SEATS,
    MAX_TITLE_LENGTH,
    AppointmentRules,
    LateCancel,
)
from portal_core.appointments.use_cases.define_appointment_type import (
    DefineAppointmentType,
    DefineAppointmentTypeCommand,
)
from portal_core.appointments.use_cases.define_location import DefineLocation, DefineLocationCommand
from portal_core.appointments.use_cases.get_booking_options import GetBookingOptions
from portal_core.appointments.use_cases.set_appointment_rules import SetAppointmentRules
from portal_core.kernel.errors import Forbidden, Invalid, StaleVersion
from portal_core.kernel.money import Money

DAY = 24 * 60
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH, examples=["Session"])]
Title = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE_LENGTH, examples=["Appointment"])]
Minutes = Annotated[int, Meta(ge=1, le=DAY, examples=[50])]
Buffer = Annotated[int, Meta(ge=0, le=DAY, examples=[10])]
Notice = Annotated[int, Meta(ge=0, le=MAX_NOTICE_DAYS * DAY, examples=[1440])]
Days = Annotated[int, Meta(ge=1, le=MAX_NOTICE_DAYS)]
PerClientLimit = Annotated[int, Meta(ge=1, le=100, examples=[3])]


class AppointmentTypeRequest(Request, frozen=True):
    """All of a kind of appointment; lengths of time in minutes.

    `slot_step_minutes` is from one start to the next, the length unless set. Booked at least `min_notice_minutes` ahead,
    and at most `max_advance_days` days. More than one of `seats` makes it shared; not `self_bookable`, clients ask for it
    by a request.
    """

    name: Name
    duration_minutes: Minutes
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    slot_step_minutes: Minutes | None = None
    min_notice_minutes: Notice = 0
    max_advance_days: Annotated[int, Meta(ge=0, le=MAX_ADVANCE_DAYS, examples=[90])] = 90
    seats: Annotated[int, Meta(ge=1, le=MAX_SEATS)] = 1
    self_bookable: bool = True
    active: bool = True

    def command(self) -> DefineAppointmentTypeCommand:
        """The core's word for a new one."""
        return DefineAppointmentTypeCommand(
            name=self.name,
            duration=timedelta(minutes=self.duration_minutes),
            buffer_before=timedelta(minutes=self.buffer_before_minutes),
            buffer_after=timedelta(minutes=self.buffer_after_minutes),
            slot_step=None if self.slot_step_minutes is None else timedelta(minutes=self.slot_step_minutes),
            min_notice=timedelta(minutes=self.min_notice_minutes),
            max_advance_days=self.max_advance_days,
            seats=self.seats,
            self_bookable=self.self_bookable,
            active=self.active,
        )


class ChangeAppointmentTypeRequest(AppointmentTypeRequest, frozen=True, kw_only=True):
    """All of a kind of appointment, in place of what was read; `version` is the one that was read."""

    version: Version | None = None


class LocationRequest(Request, frozen=True):
    """All of a place."""

    name: Annotated[Name, Meta(examples=["Elm Street"])]
    time_zone: TimeZone
    address: (
        Annotated[str, Meta(max_length=MAX_ADDRESS_LENGTH, examples=["12 Elm Street, Albany, NY 12207"])] | None
    ) = None
    active: bool = True

    def command(self) -> DefineLocationCommand:
        """The core's word for a new one."""
        return DefineLocationCommand(name=self.name, time_zone=self.time_zone, address=self.address, active=self.active)


class ChangeLocationRequest(LocationRequest, frozen=True, kw_only=True):
    """All of a place, in place of what was read; `version` is the one that was read."""

    version: Version | None = None


class MoneyRequest(Request, frozen=True):
    """`amount` in minor units: cents."""

    amount: Annotated[int, Meta(ge=1, le=10_000_000, examples=[5000])]
    currency: Annotated[str, Meta(min_length=3, max_length=3, pattern=r"^[A-Z]{3}$", examples=["USD"])] = "USD"


class AppointmentRulesRequest(Request, frozen=True):
    """All of the rules; what is left out is the default. `version` is the one that was read beside them.

    The notice for cancelling is in minutes, or in days of the calendar ("by the same time the day before" is 1), not
    both. Inside it a client's cancellation is refused, allowed, or allowed with `late_cancel_fee`. `calendar_title` is what
    calendars call an appointment: others see them, so it holds no clinical word.
    """

    cancel_notice_minutes: Notice | None = None
    cancel_notice_days: Annotated[Days | None, Meta(examples=[None])] = None
    late_cancel: LateCancel = "refuse"
    late_cancel_fee: MoneyRequest | None = None
    self_booking: bool = True
    hold_duration_minutes: Annotated[int, Meta(ge=1, le=120, examples=[10])] = 10
    max_holds_per_client: PerClientLimit = 2
    max_requests_per_client: PerClientLimit = 3
    max_waitlist_entries_per_client: PerClientLimit = 3
    offer_duration_minutes: Annotated[int, Meta(ge=1, le=7 * DAY, examples=[120])] = 120
    calendar_title: Title = "Appointment"
    version: Version | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cancel_notice_minutes is not None and self.cancel_notice_days is not None:
            raise Invalid.at(
                "cancel_notice_days", "minutes_or_days", "Give the notice in minutes or in days, not both."
            )

    def rules(self) -> AppointmentRules:
        """The core's word for it."""
        minutes = 24 * 60 if self.cancel_notice_minutes is None else self.cancel_notice_minutes
        days = self.cancel_notice_days
        return AppointmentRules(
            cancel_notice=timedelta(minutes=minutes) if days is None else CalendarDays(days),
            late_cancel=self.late_cancel,
            late_cancel_fee=Money(self.late_cancel_fee.amount, self.late_cancel_fee.currency)
            if self.late_cancel_fee
            else None,
            self_booking=self.self_booking,
            hold_duration=timedelta(minutes=self.hold_duration_minutes),
            max_holds_per_client=self.max_holds_per_client,
            max_requests_per_client=self.max_requests_per_client,
            max_waitlist_entries_per_client=self.max_waitlist_entries_per_client,
            offer_duration=timedelta(minutes=self.offer_duration_minutes),
            calendar_title=self.calendar_title,
        )


class BookingOptionsController(Controller):
    """Kinds, places and rules."""

    path = "/options"
    tags = ("Practice: setup",)

    @get("", operation_id="get_practice_booking_options")
    async def get_booking_options(
        self, request: PortalRequest, get_booking_options: NamedDependency[GetBookingOptions]
    ) -> BookingOptionsView:
        """All that the practice has, also what is no longer offered."""
        return await get_booking_options(request.actor)

    @post("/appointment-types", raises=[Forbidden])
    async def add_appointment_type(
        self,
        request: PortalRequest,
        data: JSONBody[AppointmentTypeRequest],
        define_appointment_type: NamedDependency[DefineAppointmentType],
    ) -> AppointmentTypeView:
        """Adds a kind of appointment."""
        return await define_appointment_type(request.actor, data.command())

    @put("/appointment-types/{appointment_type_id:uuid}", raises=[Forbidden, StaleVersion])
    async def change_appointment_type(
        self,
        request: PortalRequest,
        appointment_type_id: FromPath[UUID],
        data: JSONBody[ChangeAppointmentTypeRequest],
        define_appointment_type: NamedDependency[DefineAppointmentType],
    ) -> AppointmentTypeView:
        """Changes a kind. What is booked keeps its time."""
        command = evolve(data.command(), appointment_type_id=appointment_type_id, version=data.version)
        return await define_appointment_type(request.actor, command)

    @post("/locations", raises=[Forbidden])
    async def add_location(
        self, request: PortalRequest, data: JSONBody[LocationRequest], define_location: NamedDependency[DefineLocation]
    ) -> LocationView:
        """Adds a place."""
        return await define_location(request.actor, data.command())

    @put("/locations/{location_id:uuid}", raises=[Forbidden, StaleVersion])
    async def change_location(
        self,
        request: PortalRequest,
        location_id: FromPath[UUID],
        data: JSONBody[ChangeLocationRequest],
        define_location: NamedDependency[DefineLocation],
    ) -> LocationView:
        """Changes a place. What is booked stays."""
        command = evolve(data.command(), location_id=location_id, version=data.version)
        return await define_location(request.actor, command)

    @put("/rules", raises=[Forbidden, StaleVersion])
    async def set_appointment_rules(
        self,
        request: PortalRequest,
        data: JSONBody[AppointmentRulesRequest],
        set_appointment_rules: NamedDependency[SetAppointmentRules],
    ) -> AppointmentRulesView:
        """Replaces the rules. Appointments that stand are under the new ones from now on."""
        return await set_appointment_rules(request.actor, data.rules(), data.version)
