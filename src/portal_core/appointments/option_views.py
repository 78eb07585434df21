"""Views of a practice's booking options: frozen, ready for JSON. Durations are in whole minutes."""

from datetime import timedelta
from uuid import UUID

from attrs import asdict, frozen

from portal_core.appointments.practice_views import AppointmentSummaryView
from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.settings import (
    AppointmentSettings,
    AppointmentType,
    BookingOptions,
    Clinician,
    LateCancel,
    Location,
)
from portal_core.kernel.money import Money
from portal_core.kernel.settings import Versioned

MINUTE = timedelta(minutes=1)


@frozen(kw_only=True)
class AppointmentTypeView:
    """An appointment type with its timing rules."""

    id: UUID
    name: str
    duration_minutes: int
    seats: int
    self_bookable: bool
    clients_may_open: bool
    active: bool
    buffer_before_minutes: int
    buffer_after_minutes: int
    slot_step_minutes: int | None
    min_notice_minutes: int
    max_advance_days: int
    cpt_code: str | None
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
            clients_may_open=appointment_type.clients_may_open,
            active=appointment_type.active,
            buffer_before_minutes=timing.buffer_before // MINUTE,
            buffer_after_minutes=timing.buffer_after // MINUTE,
            slot_step_minutes=timing.slot_step // MINUTE if timing.slot_step else None,
            min_notice_minutes=timing.min_notice // MINUTE,
            max_advance_days=timing.max_advance_days,
            cpt_code=appointment_type.cpt_code,
            version=appointment_type.version,
        )


@frozen(kw_only=True)
class LocationView:
    """An office of the practice."""

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
    """A clinician who sees clients. `room_missing`: clients are not offered video visits with them, since they have no
    room.
    """

    id: UUID
    name: str
    credentials: str | None
    active: bool
    room_missing: bool

    @classmethod
    def of(cls, one: Clinician) -> "ClinicianOptionView":
        return cls(
            id=one.id,
            name=one.name,
            credentials=one.credentials,
            active=one.active,
            room_missing=one.room_missing,
        )


@frozen(kw_only=True)
class ChangedLocationView(LocationView):
    """A location, and the first 1,000 booked appointments to come that its change affects, by start.

    `changed` have a new version. `conflicts` stay as they are, and staff decide on them: at a location that closes, or
    where a new time zone would have them begin in the past or while the clinician is busy.

    Hours at the location follow its new time zone. Hours for video visits are local to the practice and do not: if its
    zone is another one, `online_hours_kept` are the clinicians with hours at the location who have such hours too, in
    `practice_time_zone`. Change that of the practice, or publish their hours again.
    """

    changed: tuple[AppointmentSummaryView, ...]
    conflicts: tuple[AppointmentSummaryView, ...]
    practice_time_zone: str
    online_hours_kept: tuple[ClinicianOptionView, ...]

    @classmethod
    def after(
        cls,
        location: Location,
        changed: tuple[AppointmentSummaryView, ...],
        conflicts: tuple[AppointmentSummaryView, ...],
        practice_time_zone: str,
        online_hours_kept: tuple[ClinicianOptionView, ...],
    ) -> "ChangedLocationView":
        return cls(
            **asdict(LocationView.of(location)),
            changed=changed,
            conflicts=conflicts,
            practice_time_zone=practice_time_zone,
            online_hours_kept=online_hours_kept,
        )


@frozen(kw_only=True)
class AppointmentSettingsView:
    """The practice's settings for appointments. The notice for canceling is in minutes or in calendar days.

    `version` is 0 while they are the defaults.
    """

    cancel_notice_minutes: int | None
    cancel_notice_days: int | None
    late_cancel: LateCancel
    late_cancel_fee: Money | None
    no_show_fee: Money | None
    self_booking: bool
    hold_duration_minutes: int
    max_holds_per_client: int
    max_requests_per_client: int
    max_waitlist_entries_per_client: int
    offer_duration_minutes: int
    calendar_title: str
    calendar_name: str
    version: int

    @classmethod
    def of(cls, stored: Versioned[AppointmentSettings]) -> "AppointmentSettingsView":
        settings = stored.value
        notice = settings.cancel_notice
        return cls(
            cancel_notice_minutes=None if isinstance(notice, CalendarDays) else notice // MINUTE,
            cancel_notice_days=notice.days if isinstance(notice, CalendarDays) else None,
            late_cancel=settings.late_cancel,
            late_cancel_fee=settings.late_cancel_fee,
            no_show_fee=settings.no_show_fee,
            self_booking=settings.self_booking,
            hold_duration_minutes=settings.hold_duration // MINUTE,
            max_holds_per_client=settings.max_holds_per_client,
            max_requests_per_client=settings.max_requests_per_client,
            max_waitlist_entries_per_client=settings.max_waitlist_entries_per_client,
            offer_duration_minutes=settings.offer_duration // MINUTE,
            calendar_title=settings.calendar_title,
            calendar_name=settings.calendar_name,
            version=stored.version,
        )


@frozen(kw_only=True)
class BookingOptionsView:
    """Settings, appointment types, locations and clinicians, each ordered by name; `time_zone` is the practice's."""

    time_zone: str
    settings: AppointmentSettingsView
    appointment_types: tuple[AppointmentTypeView, ...]
    locations: tuple[LocationView, ...]
    clinicians: tuple[ClinicianOptionView, ...]

    @classmethod
    def of(cls, booking_options: BookingOptions) -> "BookingOptionsView":
        return cls(
            time_zone=booking_options.time_zone,
            settings=AppointmentSettingsView.of(Versioned(booking_options.settings, booking_options.settings_version)),
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
