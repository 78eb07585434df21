"""The practice's settings for appointments."""

from datetime import timedelta
from typing import Annotated

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import Request, SettingsVersion
from entrypoints.http.contract.routing import get, put
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.option_views import AppointmentSettingsView
from portal_core.appointments.scheduling.deadlines import MAX_NOTICE_DAYS, CalendarDays
from portal_core.appointments.settings import MAX_TITLE_LENGTH, AppointmentSettings, LateCancel
from portal_core.appointments.use_cases.change_appointment_settings import (
    ChangeAppointmentSettings,
    ChangeAppointmentSettingsCommand,
)
from portal_core.appointments.use_cases.get_appointment_settings import GetAppointmentSettings
from portal_core.kernel.errors import Forbidden, Invalid, StaleVersion
from portal_core.kernel.money import Money

DAY = 24 * 60
Notice = Annotated[int, Meta(ge=0, le=MAX_NOTICE_DAYS * DAY, examples=[1440])]
Days = Annotated[int, Meta(ge=1, le=MAX_NOTICE_DAYS)]
PerClientLimit = Annotated[int, Meta(ge=1, le=100, examples=[3])]
Title = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE_LENGTH, examples=["Appointment"])]


class MoneyRequest(Request, frozen=True):
    """`amount` in minor units: cents."""

    amount: Annotated[int, Meta(ge=1, le=10_000_000, examples=[5000])]
    currency: Annotated[str, Meta(min_length=3, max_length=3, pattern=r"^[A-Z]{3}$", examples=["USD"])] = "USD"

    def money(self) -> Money:
        """The amount as the core has it."""
        return Money(self.amount, self.currency)


class ChangeAppointmentSettingsRequest(Request, frozen=True, kw_only=True):
    """All settings for appointments; only the fee can be left out. `version` is the one that was read.

    The notice for canceling is in minutes, or in calendar days ("by the same time the day before" is 1), and not both.
    A later cancellation by a client is refused, allowed, or allowed with `late_cancel_fee`. Who is marked as a no-show
    owes `no_show_fee`, if there is one. `calendar_title` is the title of an appointment in calendars, `calendar_name`
    the name of the calendar that a feed becomes. Other people see calendars: use no clinical word.
    """

    cancel_notice_minutes: Notice | None = None
    cancel_notice_days: Annotated[Days | None, Meta(examples=[None])] = None
    late_cancel: LateCancel
    late_cancel_fee: MoneyRequest | None = None
    no_show_fee: MoneyRequest | None = None
    self_booking: bool
    hold_duration_minutes: Annotated[int, Meta(ge=1, le=120, examples=[10])]
    max_holds_per_client: PerClientLimit
    max_requests_per_client: PerClientLimit
    max_waitlist_entries_per_client: PerClientLimit
    offer_duration_minutes: Annotated[int, Meta(ge=1, le=7 * DAY, examples=[120])]
    calendar_title: Title
    calendar_name: Title
    version: SettingsVersion | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cancel_notice_minutes is None and self.cancel_notice_days is None:
            raise Invalid.at("cancel_notice_minutes", "required", "Enter the notice in minutes or in days.")
        if self.cancel_notice_minutes is not None and self.cancel_notice_days is not None:
            raise Invalid.at("cancel_notice_days", "minutes_or_days", "Enter the notice in minutes or days, not both.")

    def settings(self) -> AppointmentSettings:
        """The settings as the core has them."""
        return AppointmentSettings(
            cancel_notice=self._cancel_notice(),
            late_cancel=self.late_cancel,
            late_cancel_fee=self.late_cancel_fee.money() if self.late_cancel_fee else None,
            no_show_fee=self.no_show_fee.money() if self.no_show_fee else None,
            self_booking=self.self_booking,
            hold_duration=timedelta(minutes=self.hold_duration_minutes),
            max_holds_per_client=self.max_holds_per_client,
            max_requests_per_client=self.max_requests_per_client,
            max_waitlist_entries_per_client=self.max_waitlist_entries_per_client,
            offer_duration=timedelta(minutes=self.offer_duration_minutes),
            calendar_title=self.calendar_title,
            calendar_name=self.calendar_name,
        )

    def _cancel_notice(self) -> timedelta | CalendarDays:
        if self.cancel_notice_days is not None:
            return CalendarDays(self.cancel_notice_days)
        return timedelta(minutes=self.cancel_notice_minutes or 0)


class AppointmentSettingsController(Controller):
    """Settings for appointments."""

    path = "/settings/appointments"
    tags = ("Practice: setup",)

    @get("", raises=[Forbidden])
    async def get_appointment_settings(
        self, request: PortalRequest, get_appointment_settings: NamedDependency[GetAppointmentSettings]
    ) -> AppointmentSettingsView:
        """The practice's settings for appointments; the defaults, at version 0, until they are saved."""
        return await get_appointment_settings(request.actor)

    @put("", raises=[Forbidden, StaleVersion])
    async def change_appointment_settings(
        self,
        request: PortalRequest,
        data: JSONBody[ChangeAppointmentSettingsRequest],
        change_appointment_settings: NamedDependency[ChangeAppointmentSettings],
    ) -> AppointmentSettingsView:
        """Replaces the settings for appointments. Booked appointments follow the new ones at once."""
        command = ChangeAppointmentSettingsCommand(data.settings(), data.version)
        return await change_appointment_settings(request.actor, command)
