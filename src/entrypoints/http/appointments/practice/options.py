"""What the practice offers, and on which terms: kinds of appointment, places, rules."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from attrs import evolve
from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import FromPath, Request, Version, Zone
from entrypoints.http.contract.routing import get, post, put
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.scheduling.deadlines import LONGEST_NOTICE_DAYS, CalendarDays
from portal_core.appointments.scheduling.durations import LONGEST_ADVANCE_DAYS
from portal_core.appointments.settings import (
    LONGEST_ADDRESS,
    LONGEST_NAME,
    LONGEST_TITLE,
    MOST_SEATS,
    AppointmentRules,
    LateCancel,
)
from portal_core.appointments.use_cases.define_kind import DefineKind, DefineKindCommand
from portal_core.appointments.use_cases.define_place import DefinePlace, DefinePlaceCommand
from portal_core.appointments.use_cases.set_appointment_rules import SetAppointmentRules
from portal_core.appointments.use_cases.show_offering import ShowOffering
from portal_core.appointments.views_options import KindView, OfferingView, PlaceView, RulesView
from portal_core.kernel.errors import Forbidden, Invalid, StaleVersion
from portal_core.kernel.money import Money

DAY = 24 * 60
Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, examples=["Session"])]
Title = Annotated[str, Meta(min_length=1, max_length=LONGEST_TITLE, examples=["Appointment"])]
Minutes = Annotated[int, Meta(ge=1, le=DAY, examples=[50])]
Buffer = Annotated[int, Meta(ge=0, le=DAY, examples=[10])]
Notice = Annotated[int, Meta(ge=0, le=LONGEST_NOTICE_DAYS * DAY, examples=[1440])]
Days = Annotated[int, Meta(ge=1, le=LONGEST_NOTICE_DAYS)]
Several = Annotated[int, Meta(ge=1, le=100, examples=[3])]


class KindRequest(Request, frozen=True):
    """All of a kind of appointment; lengths of time in minutes.

    `slot_step` is from one start to the next, the length unless set. Booked at least `minimum_notice` minutes ahead,
    and at most `maximum_advance_days` days. More than one of `seats` makes it shared; not `online`, clients ask for it
    by a request.
    """

    name: Name
    minutes: Minutes
    buffer_before: Buffer = 0
    buffer_after: Buffer = 0
    slot_step: Minutes | None = None
    minimum_notice: Notice = 0
    maximum_advance_days: Annotated[int, Meta(ge=0, le=LONGEST_ADVANCE_DAYS, examples=[90])] = 90
    seats: Annotated[int, Meta(ge=1, le=MOST_SEATS)] = 1
    online: bool = True
    active: bool = True

    def command(self) -> DefineKindCommand:
        """The core's word for a new one."""
        return DefineKindCommand(
            name=self.name,
            duration=timedelta(minutes=self.minutes),
            buffer_before=timedelta(minutes=self.buffer_before),
            buffer_after=timedelta(minutes=self.buffer_after),
            slot_step=None if self.slot_step is None else timedelta(minutes=self.slot_step),
            minimum_notice=timedelta(minutes=self.minimum_notice),
            maximum_advance_days=self.maximum_advance_days,
            seats=self.seats,
            online=self.online,
            active=self.active,
        )


class ChangeKindRequest(KindRequest, frozen=True, kw_only=True):
    """All of a kind of appointment, in place of what was read; `version` is the one that was read."""

    version: Version | None = None


class PlaceRequest(Request, frozen=True):
    """All of a place."""

    name: Annotated[Name, Meta(examples=["Elm Street"])]
    zone: Zone
    address: Annotated[str, Meta(max_length=LONGEST_ADDRESS, examples=["12 Elm Street, Albany, NY 12207"])] = ""
    active: bool = True

    def command(self) -> DefinePlaceCommand:
        """The core's word for a new one."""
        return DefinePlaceCommand(name=self.name, zone=self.zone, address=self.address, active=self.active)


class ChangePlaceRequest(PlaceRequest, frozen=True, kw_only=True):
    """All of a place, in place of what was read; `version` is the one that was read."""

    version: Version | None = None


class MoneyRequest(Request, frozen=True):
    """`amount` in minor units: cents."""

    amount: Annotated[int, Meta(ge=1, le=10_000_000, examples=[5000])]
    currency: Annotated[str, Meta(min_length=3, max_length=3, pattern=r"^[A-Z]{3}$", examples=["USD"])] = "USD"


class RulesRequest(Request, frozen=True):
    """All of the rules; what is left out is the default. `version` is the one that was read beside them.

    The notice for cancelling is in minutes, or in days of the calendar ("by the same time the day before" is 1), not
    both. Inside it a client's cancellation is refused, allowed, or allowed with `late_fee`. `calendar_title` is what
    calendars call an appointment: others see them, so it holds no clinical word.
    """

    cancel_notice_minutes: Notice | None = None
    cancel_notice_days: Annotated[Days | None, Meta(examples=[None])] = None
    late_cancel: LateCancel = "refuse"
    late_fee: MoneyRequest | None = None
    self_booking: bool = True
    hold_minutes: Annotated[int, Meta(ge=1, le=120, examples=[10])] = 10
    holds_per_client: Several = 2
    requests_per_client: Several = 3
    waitlist_per_client: Several = 3
    offer_minutes: Annotated[int, Meta(ge=1, le=7 * DAY, examples=[120])] = 120
    calendar_title: Title = "Appointment"
    version: Version | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cancel_notice_minutes is not None and self.cancel_notice_days is not None:
            raise Invalid.at("cancel_notice_days", "not_both", "Give the notice in minutes or in days, not both.")

    def rules(self) -> AppointmentRules:
        """The core's word for it."""
        minutes = 24 * 60 if self.cancel_notice_minutes is None else self.cancel_notice_minutes
        days = self.cancel_notice_days
        return AppointmentRules(
            cancel_notice=timedelta(minutes=minutes) if days is None else CalendarDays(days),
            late_cancel=self.late_cancel,
            late_fee=Money(self.late_fee.amount, self.late_fee.currency) if self.late_fee else None,
            self_booking=self.self_booking,
            hold_for=timedelta(minutes=self.hold_minutes),
            holds_per_client=self.holds_per_client,
            requests_per_client=self.requests_per_client,
            waitlist_per_client=self.waitlist_per_client,
            offer_for=timedelta(minutes=self.offer_minutes),
            calendar_title=self.calendar_title,
        )


class OfferingController(Controller):
    """Kinds, places and rules."""

    path = "/offering"
    tags = ("Practice: setup",)

    @get("", operation_id="show_practice_offering")
    async def show_offering(self, request: PortalRequest, show_offering: NamedDependency[ShowOffering]) -> OfferingView:
        """All that the practice has, also what is no longer offered."""
        return await show_offering(request.actor)

    @post("/kinds", raises=[Forbidden])
    async def add_kind(
        self, request: PortalRequest, data: JSONBody[KindRequest], define_kind: NamedDependency[DefineKind]
    ) -> KindView:
        """Adds a kind of appointment."""
        return await define_kind(request.actor, data.command())

    @put("/kinds/{kind_id:uuid}", raises=[Forbidden, StaleVersion])
    async def change_kind(
        self,
        request: PortalRequest,
        kind_id: FromPath[UUID],
        data: JSONBody[ChangeKindRequest],
        define_kind: NamedDependency[DefineKind],
    ) -> KindView:
        """Changes a kind. What is booked keeps its time."""
        command = evolve(data.command(), kind_id=kind_id, version=data.version)
        return await define_kind(request.actor, command)

    @post("/places", raises=[Forbidden])
    async def add_place(
        self, request: PortalRequest, data: JSONBody[PlaceRequest], define_place: NamedDependency[DefinePlace]
    ) -> PlaceView:
        """Adds a place."""
        return await define_place(request.actor, data.command())

    @put("/places/{place_id:uuid}", raises=[Forbidden, StaleVersion])
    async def change_place(
        self,
        request: PortalRequest,
        place_id: FromPath[UUID],
        data: JSONBody[ChangePlaceRequest],
        define_place: NamedDependency[DefinePlace],
    ) -> PlaceView:
        """Changes a place. What is booked stays."""
        command = evolve(data.command(), place_id=place_id, version=data.version)
        return await define_place(request.actor, command)

    @put("/rules", raises=[Forbidden, StaleVersion])
    async def set_appointment_rules(
        self,
        request: PortalRequest,
        data: JSONBody[RulesRequest],
        set_appointment_rules: NamedDependency[SetAppointmentRules],
    ) -> RulesView:
        """Replaces the rules. Appointments that stand are under the new ones from now on."""
        return await set_appointment_rules(request.actor, data.rules(), data.version)
