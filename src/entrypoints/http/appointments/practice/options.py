"""What can be booked at the practice: appointment types and locations."""

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
    AppointmentTypeView,
    BookingOptionsView,
    ChangedLocationView,
)
from portal_core.appointments.scheduling.deadlines import MAX_NOTICE_DAYS
from portal_core.appointments.scheduling.durations import MAX_ADVANCE_DAYS
from portal_core.appointments.settings import (
    CPT_CODE,
    MAX_ADDRESS_LENGTH,
    MAX_NAME_LENGTH,
    MAX_SEATS,
)
from portal_core.appointments.use_cases.define_appointment_type import (
    DefineAppointmentType,
    DefineAppointmentTypeCommand,
)
from portal_core.appointments.use_cases.define_location import DefineLocation, DefineLocationCommand
from portal_core.appointments.use_cases.get_booking_options import GetBookingOptions
from portal_core.appointments.zone_changes import KeptTime
from portal_core.kernel.errors import Forbidden, StaleVersion

DAY = 24 * 60
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH, examples=["Session"])]
Minutes = Annotated[int, Meta(ge=1, le=DAY, examples=[50])]
Buffer = Annotated[int, Meta(ge=0, le=DAY, examples=[10])]
CptCode = Annotated[str, Meta(min_length=5, max_length=5, pattern=f"^{CPT_CODE}$", examples=["90834"])]
AdvanceDays = Annotated[int, Meta(ge=0, le=MAX_ADVANCE_DAYS, examples=[90])]
Seats = Annotated[int, Meta(ge=1, le=MAX_SEATS, examples=[1])]
SelfBookable = Annotated[bool, Meta(examples=[True])]
Notice = Annotated[int, Meta(ge=0, le=MAX_NOTICE_DAYS * DAY, examples=[1440])]


class AppointmentTypeRequest(Request, frozen=True):
    """All fields of an appointment type; durations are in minutes.

    `slot_step_minutes` is the time between bookable starts, by default the duration. Booked at least
    `min_notice_minutes` and at most `max_advance_days` ahead. With more than one of `seats` it is shared. Clients
    request a type that is not `self_bookable`: by default one with several seats. Where such a type is, clients join
    appointments that the practice has booked, as in an open group; with `clients_may_open` they also begin one at any
    free time, which others join. `cpt_code` is the code that the practice bills for it.
    """

    name: Name
    duration_minutes: Minutes
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    slot_step_minutes: Minutes | None = None
    min_notice_minutes: Notice = 0
    max_advance_days: AdvanceDays = 90
    seats: Seats = 1
    self_bookable: SelfBookable | None = None
    clients_may_open: bool = False
    active: bool = True
    cpt_code: CptCode | None = None

    def command(self) -> DefineAppointmentTypeCommand:
        """Convert to the command for a new appointment type."""
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
            clients_may_open=self.clients_may_open,
            active=self.active,
            cpt_code=self.cpt_code,
        )


class ChangeAppointmentTypeRequest(AppointmentTypeRequest, frozen=True, kw_only=True):
    """All fields of an appointment type, replacing the stored ones; `version` is the one that was read."""

    buffer_before_minutes: Buffer
    buffer_after_minutes: Buffer
    min_notice_minutes: Notice
    max_advance_days: AdvanceDays
    seats: Seats
    self_bookable: SelfBookable
    active: bool
    version: Version | None = None


class LocationRequest(Request, frozen=True):
    """All fields of a location."""

    name: Annotated[Name, Meta(examples=["Elm Street"])]
    time_zone: TimeZone
    address: (
        Annotated[str, Meta(max_length=MAX_ADDRESS_LENGTH, examples=["12 Elm Street, Albany, NY 12207"])] | None
    ) = None
    active: bool = True

    def command(self) -> DefineLocationCommand:
        """Convert to the command for a new location."""
        return DefineLocationCommand(name=self.name, time_zone=self.time_zone, address=self.address, active=self.active)


class ChangeLocationRequest(LocationRequest, frozen=True, kw_only=True):
    """All fields of a location, replacing the stored ones; `version` is the one that was read.

    If the time zone changes, booked appointments there `keep` the time that clocks on the wall show, or the instant.
    """

    active: bool
    keep: Annotated[KeptTime, Meta(examples=["wall_time"])] = "wall_time"
    version: Version | None = None


class BookingOptionsController(Controller):
    """Appointment types and locations."""

    path = "/options"
    tags = ("Practice: setup",)

    @get("", operation_id="get_practice_booking_options")
    async def get_booking_options(
        self, request: PortalRequest, get_booking_options: NamedDependency[GetBookingOptions]
    ) -> BookingOptionsView:
        """Returns all booking options of the practice, including inactive ones."""
        return await get_booking_options(request.actor)

    @post("/appointment-types", raises=[Forbidden])
    async def add_appointment_type(
        self,
        request: PortalRequest,
        data: JSONBody[AppointmentTypeRequest],
        define_appointment_type: NamedDependency[DefineAppointmentType],
    ) -> AppointmentTypeView:
        """Adds an appointment type."""
        return await define_appointment_type(request.actor, data.command())

    @put("/appointment-types/{appointment_type_id:uuid}", raises=[Forbidden, StaleVersion])
    async def change_appointment_type(
        self,
        request: PortalRequest,
        appointment_type_id: FromPath[UUID],
        data: JSONBody[ChangeAppointmentTypeRequest],
        define_appointment_type: NamedDependency[DefineAppointmentType],
    ) -> AppointmentTypeView:
        """Changes an appointment type. Booked appointments keep their time."""
        command = evolve(data.command(), appointment_type_id=appointment_type_id, version=data.version)
        return await define_appointment_type(request.actor, command)

    @post("/locations", raises=[Forbidden])
    async def add_location(
        self, request: PortalRequest, data: JSONBody[LocationRequest], define_location: NamedDependency[DefineLocation]
    ) -> ChangedLocationView:
        """Adds a location."""
        return await define_location(request.actor, data.command())

    @put("/locations/{location_id:uuid}", raises=[Forbidden, StaleVersion])
    async def change_location(
        self,
        request: PortalRequest,
        location_id: FromPath[UUID],
        data: JSONBody[ChangeLocationRequest],
        define_location: NamedDependency[DefineLocation],
    ) -> ChangedLocationView:
        """Changes a location.

        Booked appointments there follow a new name, address or time zone: they are listed in `changed`, calendars show
        the change, and people are told. Those in `conflicts` stay as they are.
        So do hours for video visits, which are local to the practice: `online_hours_kept` tells whose.
        """
        command = evolve(data.command(), location_id=location_id, keep=data.keep, version=data.version)
        return await define_location(request.actor, command)
