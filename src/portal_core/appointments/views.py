"""What appointments look like from outside: frozen, ready for JSON, nothing of another client in them."""

from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.appointments.appointment_request import AppointmentRequest, RequestStatus
from portal_core.appointments.model import AppointmentStatus, Hold
from portal_core.appointments.policy import CancelTerms, cancel_terms, room_opening
from portal_core.appointments.scheduling.wall_clock import zone_info
from portal_core.appointments.settings import AppointmentRules, BookingOptions
from portal_core.appointments.waitlist import OfferStatus, WaitlistStatus
from portal_core.kernel.money import Money

AppointmentCategory = Literal["upcoming", "past", "cancelled", "all"]


@frozen
class AppointmentFilter:
    """Which of a client's appointments.

    `upcoming`: not over and not cancelled, soonest first. `past`: over and not cancelled, and `cancelled`: whenever
    it was, both latest first; `all`: soonest first. With `since` and `until` only those that start from the one up
    to, not including, the other.
    """

    category: AppointmentCategory = "upcoming"
    since: datetime | None = None
    until: datetime | None = None

    @property
    def latest_first(self) -> bool:
        return self.category in ("past", "cancelled")


@frozen(kw_only=True)
class AppointmentRow:
    """One appointment as one client's record has it, read in one statement with the names and rules beside it.

    `status` is the client's: cancelled for those who left, though others still come. `sequence` is
    `Booking.version_for`; `changed_at` the later of the appointment's and the client's own change.
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
    rules: AppointmentRules


@frozen(kw_only=True)
class AppointmentView:
    """An appointment on its client's screen. `cancel_fee` is what cancelling or moving it now would cost."""

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
        """The row, with what may be done about it now."""
        terms: CancelTerms = cancel_terms(row.rules, row.starts_at, row.time_zone, now)
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
            can_reschedule=can_cancel and not row.shared and row.rules.self_booking,
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
    """A free time; `time_zone` is the one to show it in."""

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
class HoldView:
    """A slot that is the client's until `expires_at`."""

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
    """An iCalendar object (RFC 5545), UTF-8 text with CRLF line ends, to be served as text/calendar."""

    file_name: str
    method: str | None
    content: str


@frozen(kw_only=True)
class FeedView:
    """A calendar feed, as it is shown once: whoever has the `token` can read it."""

    token: str = field(repr=False)
    created_at: datetime


@frozen(kw_only=True)
class PreferredTimeView:
    """One of the preferred times of a request."""

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
        """With the names that the practice has for things."""
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
    """A freed slot that is kept for the client until `expires_at`; no `location_id` is telehealth."""

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
    """A place on the waitlist, with the offer that is open on it, if any.

    `any_location` waits for any place or online; otherwise no `location_id` waits for telehealth alone. No
    `clinician_id` is anyone of the care team. `offer` is null while nothing is offered.
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
    from_time: time
    until_time: time
    time_zone: str
    joined_at: datetime
    offer: WaitlistOfferView | None
    version: int

    def is_active(self, now: datetime) -> bool:
        """Whether its last date is yet to pass."""
        return now.astimezone(zone_info(self.time_zone)).date() <= self.latest_date

    def as_of(self, now: datetime) -> "WaitlistEntryView":
        """Without an offer whose time is up, though the job that passes it on may not have come by."""
        return evolve(self, offer=None) if self.offer and self.offer.expires_at <= now else self


@frozen(kw_only=True)
class VideoVisitLinkView:
    """The way into a telehealth room; the link is good until `expires_at`."""

    url: str
    expires_at: datetime
    starts_at: datetime
    ends_at: datetime


@frozen(kw_only=True)
class ReminderCandidate:
    """An appointment of one client that comes near: what reminders are made of.

    `changed_at` is when it was booked, or moved here.
    """

    appointment_id: UUID
    client_id: UUID
    starts_at: datetime
    sequence: int
    changed_at: datetime
    lead_times: tuple[timedelta, ...] = ()
