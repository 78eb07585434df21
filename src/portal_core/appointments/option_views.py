"""What a practice offers, as screens show it: frozen, ready for JSON. Lengths of time are whole minutes."""

from datetime import timedelta
from uuid import UUID

from attrs import frozen

from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.settings import (
    AppointmentRules,
    AppointmentType,
    BookingOptions,
    Clinician,
    LateCancel,
    Location,
)
from portal_core.kernel.money import Money

MINUTE = timedelta(minutes=1)


@frozen(kw_only=True)
class AppointmentTypeView:
    """A kind of appointment."""

    id: UUID
    name: str
    duration_minutes: int
    seats: int
    self_bookable: bool
    active: bool
    buffer_before_minutes: int
    buffer_after_minutes: int
    slot_step_minutes: int | None
    min_notice_minutes: int
    max_advance_days: int
    version: int

    @classmethod
    def of(cls, appointment_type: AppointmentType) -> "AppointmentTypeView":
        timing = appointment_type.timing
        return cls(
            id=appointment_type.id,
            name=appointment_type.name,
            duration_minutes=timing.duration // MINUTE,
            seats=appointment_type.seats,
            self_bookable=appointment_type.self_bookable,
            active=appointment_type.active,
            buffer_before_minutes=timing.buffer_before // MINUTE,
            buffer_after_minutes=timing.buffer_after // MINUTE,
            slot_step_minutes=timing.slot_step // MINUTE if timing.slot_step else None,
            min_notice_minutes=timing.min_notice // MINUTE,
            max_advance_days=timing.max_advance_days,
            version=appointment_type.version,
        )


@frozen(kw_only=True)
class LocationView:
    """An office."""

    id: UUID
    name: str
    time_zone: str
    address: str | None
    active: bool
    version: int

    @classmethod
    def of(cls, location: Location) -> "LocationView":
        return cls(
            id=location.id,
            name=location.name,
            time_zone=location.time_zone,
            address=location.address,
            active=location.active,
            version=location.version,
        )


@frozen(kw_only=True)
class ClinicianOptionView:
    """Somebody who sees clients."""

    id: UUID
    name: str
    credentials: str | None
    active: bool

    @classmethod
    def of(cls, one: Clinician) -> "ClinicianOptionView":
        return cls(id=one.id, name=one.name, credentials=one.credentials, active=one.active)


@frozen(kw_only=True)
class AppointmentRulesView:
    """The practice's rules; the notice for cancelling is in minutes or in days of the calendar.

    `version` is the practice's: its other settings and its name raise it too.
    """

    cancel_notice_minutes: int | None
    cancel_notice_days: int | None
    late_cancel: LateCancel
    late_cancel_fee: Money | None
    self_booking: bool
    hold_duration_minutes: int
    max_holds_per_client: int
    max_requests_per_client: int
    max_waitlist_entries_per_client: int
    offer_duration_minutes: int
    calendar_title: str
    version: int

    @classmethod
    def of(cls, rules: AppointmentRules, version: int) -> "AppointmentRulesView":
        notice = rules.cancel_notice
        return cls(
            cancel_notice_minutes=None if isinstance(notice, CalendarDays) else notice // MINUTE,
            cancel_notice_days=notice.days if isinstance(notice, CalendarDays) else None,
            late_cancel=rules.late_cancel,
            late_cancel_fee=rules.late_cancel_fee,
            self_booking=rules.self_booking,
            hold_duration_minutes=rules.hold_duration // MINUTE,
            max_holds_per_client=rules.max_holds_per_client,
            max_requests_per_client=rules.max_requests_per_client,
            max_waitlist_entries_per_client=rules.max_waitlist_entries_per_client,
            offer_duration_minutes=rules.offer_duration // MINUTE,
            calendar_title=rules.calendar_title,
            version=version,
        )


@frozen(kw_only=True)
class BookingOptionsView:
    """Rules, kinds, places and clinicians, each in order of their names; `time_zone` is the practice's."""

    time_zone: str
    rules: AppointmentRulesView
    appointment_types: tuple[AppointmentTypeView, ...]
    locations: tuple[LocationView, ...]
    clinicians: tuple[ClinicianOptionView, ...]

    @classmethod
    def of(cls, booking_options: BookingOptions) -> "BookingOptionsView":
        return cls(
            time_zone=booking_options.time_zone,
            rules=AppointmentRulesView.of(booking_options.rules, booking_options.version),
            appointment_types=tuple(
                sorted(
                    map(AppointmentTypeView.of, booking_options.appointment_types.values()),
                    key=lambda one: (one.name, one.id),
                )
            ),
            locations=tuple(
                sorted(map(LocationView.of, booking_options.locations.values()), key=lambda one: (one.name, one.id))
            ),
            clinicians=tuple(
                sorted(
                    map(ClinicianOptionView.of, booking_options.clinicians.values()), key=lambda one: (one.name, one.id)
                )
            ),
        )
