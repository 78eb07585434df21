"""Views of appointments for clients: frozen, ready for JSON, without data of other clients."""

from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.appointments.appointment_request import AppointmentRequest, RequestStatus
from portal_core.appointments.hold import Hold
from portal_core.appointments.model import AppointmentStatus, Booking
from portal_core.appointments.policy import CancelTerms, cancel_terms, room_opening
from portal_core.appointments.scheduling.wall_clock import ClockTime, clock_time
from portal_core.appointments.settings import AppointmentSettings, BookingOptions
from portal_core.appointments.waitlist import OfferStatus, WaitlistStatus
from portal_core.kernel.money import Money
from portal_core.kernel.time_zones import zone_info

AppointmentCategory = Literal["upcoming", "past", "cancelled", "all"]


@frozen
class AppointmentFilter:
    """Which of a client's appointments to list.

    `upcoming`: not ended and not cancelled, soonest first. `past`: ended and not cancelled, latest first. `cancelled`:
    whenever it was, latest first. `all`: soonest first. `since` (inclusive) and `until` (exclusive) limit the start.
    """

    category: AppointmentCategory = "upcoming"
    since: datetime | None = None
    until: datetime | None = None

    @property
    def latest_first(self) -> bool:
        return self.category in ("past", "cancelled")


@frozen(kw_only=True)
class AppointmentRow:
    """One appointment of one client, read in one statement with the names and settings that the view needs.

    `status` is the client's: cancelled for a client who left, even if others still attend. When, where and with whom is
    `Booking.occasion_for`; `sequence` is `Booking.version_for`; `changed_at` is the last change that they see, which is
    the one by which they left, if they did.
    """

    id: UUID
    client_id: UUID
    status: AppointmentStatus
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    clinician_id: UUID
    clinician_name: str
    appointment_type_id: UUID
    appointment_type_name: str
    location_id: UUID | None
    location_name: str | None
    location_address: str | None
    shared: bool
    sequence: int
    changed_at: datetime
    cancelled_at: datetime | None
    cancelled_late: bool
    reason: str | None
    fee_due: Money | None
    settings: AppointmentSettings

    @classmethod
    def of(cls, booking: Booking, client_id: UUID, options: BookingOptions) -> "AppointmentRow":
        """The client's part in a booking, with the names of what it refers to, which must be among the options."""
        one, attendance = booking.appointment, booking.attendance_of(client_id)
        occasion = booking.occasion_for(client_id)
        location = options.locations.get(occasion.location_id) if occasion.location_id else None
        seen = attendance.cancelled_at or one.changed_at
        return cls(
            id=one.id,
            client_id=client_id,
            status=one.status if attendance.status == "attending" else attendance.status,
            starts_at=occasion.starts_at,
            ends_at=occasion.ends_at,
            time_zone=occasion.time_zone,
            clinician_id=occasion.clinician_id,
            clinician_name=options.clinicians[occasion.clinician_id].name,
            appointment_type_id=one.appointment_type_id,
            appointment_type_name=options.appointment_types[one.appointment_type_id].name,
            location_id=occasion.location_id,
            location_name=location.name if location else None,
            location_address=location.address if location else None,
            shared=one.shared,
            sequence=booking.version_for(client_id),
            changed_at=max(seen, attendance.changed_at or seen),
            cancelled_at=attendance.cancelled_at,
            cancelled_late=attendance.cancelled_late,
            reason=attendance.reason,
            fee_due=attendance.fee_due,
            settings=options.settings,
        )


@frozen(kw_only=True)
class AppointmentView:
    """An appointment as its client sees it. `cancel_fee` is what cancelling or moving it now would cost."""

    id: UUID
    status: AppointmentStatus
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    clinician_id: UUID
    clinician_name: str
    appointment_type_id: UUID
    appointment_type_name: str
    location_id: UUID | None
    location_name: str | None
    location_address: str | None
    telehealth: bool
    can_cancel: bool
    cancel_deadline: datetime
    cancel_fee: Money | None
    can_reschedule: bool
    can_join: bool
    join_opens_at: datetime | None
    cancelled_at: datetime | None
    cancelled_late: bool
    cancel_reason: str | None
    fee_due: Money | None
    version: int

    @classmethod
    def of(cls, row: AppointmentRow, now: datetime) -> "AppointmentView":
        """The row, with the actions that are possible now."""
        terms: CancelTerms = cancel_terms(row.settings, row.starts_at, row.time_zone, now)
        can_cancel = row.status == "booked" and terms.allowed
        opens_at, open_now = room_opening(row.starts_at, row.ends_at, now)
        telehealth = row.location_id is None
        return cls(
            id=row.id,
            status=row.status,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            time_zone=row.time_zone,
            clinician_id=row.clinician_id,
            clinician_name=row.clinician_name,
            appointment_type_id=row.appointment_type_id,
            appointment_type_name=row.appointment_type_name,
            location_id=row.location_id,
            location_name=row.location_name,
            location_address=row.location_address,
            telehealth=telehealth,
            can_cancel=can_cancel,
            cancel_deadline=terms.deadline,
            cancel_fee=terms.fee if can_cancel else None,
            can_reschedule=can_cancel and not row.shared and row.settings.self_booking,
            can_join=telehealth and row.status == "booked" and open_now,
            join_opens_at=opens_at if telehealth else None,
            cancelled_at=row.cancelled_at,
            cancelled_late=row.cancelled_late,
            cancel_reason=row.reason,
            fee_due=row.fee_due,
            version=row.sequence,
        )


@frozen(kw_only=True)
class SlotView:
    """A free time; show it in `time_zone`."""

    clinician_id: UUID
    clinician_name: str
    clinician_credentials: str | None
    appointment_type_id: UUID
    appointment_type_name: str
    location_id: UUID | None
    location_name: str | None
    telehealth: bool
    starts_at: datetime
    ends_at: datetime
    time_zone: str


@frozen(kw_only=True)
class DayWithSlotsView:
    """How many free times begin on a local date."""

    day: date
    slots: int


@frozen(kw_only=True)
class SlotCountsView:
    """The days of a search in order, those without a free time too. They are dates in `time_zone`, the practice's."""

    days: tuple[DayWithSlotsView, ...]
    time_zone: str


@frozen(kw_only=True)
class HoldView:
    """A slot reserved for the client until `expires_at`."""

    id: UUID
    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, hold: Hold) -> "HoldView":
        return cls(
            id=hold.id,
            clinician_id=hold.clinician_id,
            appointment_type_id=hold.appointment_type_id,
            location_id=hold.location_id,
            starts_at=hold.starts_at,
            ends_at=hold.ends_at,
            expires_at=hold.expires_at,
        )


@frozen(kw_only=True)
class CalendarFile:
    """An iCalendar object (RFC 5545) as UTF-8 text with CRLF line ends, served as text/calendar."""

    file_name: str
    method: str | None
    content: str


@frozen(kw_only=True)
class FeedView:
    """A new calendar feed, shown once: anyone with the `token` can read it."""

    token: str = field(repr=False)
    created_at: datetime


@frozen(kw_only=True)
class FeedStatusView:
    """Whether there is a calendar feed: `created_at` is null while there is none."""

    created_at: datetime | None


@frozen(kw_only=True)
class PreferredTimeView:
    """A preferred time of a request."""

    starts_at: datetime
    ends_at: datetime


@frozen(kw_only=True)
class AppointmentRequestView:
    """A request as its client sees it."""

    id: UUID
    status: RequestStatus
    appointment_type_id: UUID
    appointment_type_name: str
    location_id: UUID | None
    location_name: str | None
    telehealth: bool
    clinician_id: UUID | None
    clinician_name: str | None
    preferred: tuple[PreferredTimeView, ...]
    reason: str | None
    requested_at: datetime
    answered_at: datetime | None
    answer: str | None
    appointment_id: UUID | None
    version: int

    @classmethod
    def of(cls, request: AppointmentRequest, booking_options: BookingOptions) -> "AppointmentRequestView":
        """The request with the practice's names of its appointment type, location and clinician."""
        location = booking_options.locations.get(request.location_id) if request.location_id else None
        clinician = booking_options.clinicians.get(request.clinician_id) if request.clinician_id else None
        return cls(
            id=request.id,
            status=request.status,
            appointment_type_id=request.appointment_type_id,
            appointment_type_name=booking_options.appointment_types[request.appointment_type_id].name,
            location_id=request.location_id,
            location_name=location.name if location else None,
            telehealth=request.location_id is None,
            clinician_id=request.clinician_id,
            clinician_name=clinician.name if clinician else None,
            preferred=tuple(
                PreferredTimeView(starts_at=one.starts_at, ends_at=one.ends_at) for one in request.preferred
            ),
            reason=request.reason,
            requested_at=request.requested_at,
            answered_at=request.answered_at,
            answer=request.answer,
            appointment_id=request.appointment_id,
            version=request.version,
        )


@frozen(kw_only=True)
class WaitlistOfferView:
    """A freed slot reserved for the client until `expires_at`; no `location_id` means telehealth."""

    id: UUID
    entry_id: UUID
    status: OfferStatus
    clinician_id: UUID
    clinician_name: str
    appointment_type_id: UUID
    location_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    version: int


@frozen(kw_only=True)
class WaitlistEntryView:
    """A waitlist entry, with its open offer, if any.

    `any_location` accepts any location or telehealth; otherwise no `location_id` means telehealth only. No
    `clinician_id` means any clinician of the care team. `offer` is null while there is no open offer.
    """

    id: UUID
    status: WaitlistStatus
    appointment_type_id: UUID
    appointment_type_name: str
    location_id: UUID | None
    any_location: bool
    clinician_id: UUID | None
    clinician_name: str | None
    earliest_date: date
    latest_date: date
    weekdays: tuple[int, ...]
    from_time: ClockTime = field(converter=clock_time)
    until_time: ClockTime = field(converter=clock_time)
    time_zone: str
    joined_at: datetime
    offer: WaitlistOfferView | None
    version: int

    def is_active(self, now: datetime) -> bool:
        """Whether its latest date has not passed."""
        return now.astimezone(zone_info(self.time_zone)).date() <= self.latest_date

    def as_of(self, now: datetime) -> "WaitlistEntryView":
        """The entry without an offer that has expired by `now`, even if the job has not yet closed it."""
        return evolve(self, offer=None) if self.offer and self.offer.expires_at <= now else self


@frozen(kw_only=True)
class VideoVisitLinkView:
    """A link into a video room, valid until `expires_at`."""

    url: str
    expires_at: datetime
    starts_at: datetime
    ends_at: datetime


@frozen(kw_only=True)
class ReminderCandidate:
    """A client's upcoming appointment, as input to reminders.

    `changed_at` is when it was booked or last changed.
    """

    appointment_id: UUID
    client_id: UUID
    starts_at: datetime
    sequence: int
    changed_at: datetime
    lead_times: tuple[timedelta, ...] = ()
