"""Ports of appointments: repositories, the unit of work, and video rooms.

All repositories are confined to the practice, and for a client or proxy to the record that they act on. Methods that
change data write the audit entries in the same transaction, and every `save` raises StaleVersion if the object was
changed after it was read.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar, Protocol
from uuid import UUID

from attrs import frozen

from portal_core.appointments.appointment_request import AppointmentRequest
from portal_core.appointments.calendar_feed import FeedToken
from portal_core.appointments.calendar_ports import Availability, Blocks, Calendar
from portal_core.appointments.check_in import CheckIn
from portal_core.appointments.correction import Correction
from portal_core.appointments.hold import Hold
from portal_core.appointments.model import Appointment, Booking
from portal_core.appointments.read_ports import AppointmentReads, AppointmentRequestReads, WaitlistReads
from portal_core.appointments.scheduling.availability import BookedTime
from portal_core.appointments.scheduling.wall_clock import Span
from portal_core.appointments.series import Series
from portal_core.appointments.settings import (
    AppointmentSettings,
    AppointmentType,
    BookingOptions,
    Client,
    Clinician,
    Location,
    PublishedHours,
)
from portal_core.appointments.views import ReminderCandidate
from portal_core.appointments.waitlist_ports import FreedSlots, Waitlist, WaitlistOffers
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.settings import SettingsStore
from portal_core.kernel.uow import UnitOfWork


class BookingDirectory(Protocol):
    """Booking options: clinicians, appointment types, locations, and rules (the defaults until rules are saved)."""

    async def for_client(self, client_id: UUID) -> BookingOptions:
        """Options with the clinicians of the client's care team; for an unknown client without clinicians."""
        ...

    async def published_hours(self, client_id: UUID, on: date) -> list[PublishedHours]:
        """The hours that the clinicians of the client's care team have on some date from `on`; closed ones too."""
        ...

    async def for_practice(self) -> BookingOptions: ...

    async def clinician(self, clinician_id: UUID) -> Clinician | None:
        """A clinician of the practice, also if not on the client's care team."""
        ...

    async def clients(self, client_ids: Collection[UUID]) -> Mapping[UUID, Client]:
        """The clients of the practice among these ids; other ids are left out."""
        ...


class BookingSetup(Protocol):
    """Writes booking options. An appointment type or location is new, or one version above the stored one."""

    async def save_appointment_type(self, appointment_type: AppointmentType, audit_entry: AuditEntry) -> None: ...

    async def save_location(self, location: Location, audit_entry: AuditEntry) -> None: ...


class Holds(Protocol):
    """Slots held by clients."""

    async def add(self, hold: Hold, audit_entry: AuditEntry) -> None: ...

    async def get(self, client_id: UUID, hold_id: UUID) -> Hold | None:
        """Returns expired holds too; None when it was booked, released or deleted."""
        ...

    async def of_client(self, client_id: UUID, now: datetime) -> list[Hold]:
        """The client's holds that have not expired."""
        ...

    async def remove(self, client_id: UUID, hold_id: UUID, audit_entry: AuditEntry) -> None: ...

    async def clear(self, client_id: UUID, before: datetime) -> None:
        """Delete the client's holds that had expired by then."""
        ...

    async def clear_all(self, before: datetime) -> None:
        """Delete all holds that had expired by then; for the job."""
        ...


class Appointments(Protocol):
    """Appointments with their attendances, saved as one."""

    async def add(self, booking: Booking, *audit_entries: AuditEntry) -> None: ...

    async def get(self, client_id: UUID, appointment_id: UUID) -> Booking | None:
        """The booking with this client's attendance only; None when they have none in it."""
        ...

    async def get_for_practice(self, appointment_id: UUID) -> Booking | None:
        """The booking with all attendances visible to the transaction. For the practice and for jobs."""
        ...

    async def save(self, booking: Booking, *audit_entries: AuditEntry) -> None:
        """Save the appointment and the booking's attendances; other attendances stay unchanged.

        A reason is left out for a client whose record key was destroyed.
        """
        ...

    async def booked_times(
        self, clinicians: Collection[UUID], since: datetime, until: datetime | None = None
    ) -> list[BookedTime]:
        """Booked appointments of these clinicians that overlap the span, by start; without an end, all from `since` on.

        For the practice and for jobs.
        """
        ...

    async def upcoming(
        self, after: datetime, *, location_id: UUID | None = None, clinician_id: UUID | None = None
    ) -> list[Appointment]:
        """Booked appointments that start after that time, by start: all, or those at a location or with a clinician.

        For the practice and for jobs.
        """
        ...

    async def count_with_clinicians(self, clinicians: Collection[UUID], after: datetime) -> dict[UUID, int]:
        """How many booked appointments each of these clinicians has that start after that time, if any.

        For the practice and for jobs.
        """
        ...

    async def count_of_clients(self, client_ids: Collection[UUID], after: datetime) -> dict[UUID, int]:
        """How many booked appointments each of these clients attends that start after that time, if any.

        For the practice and for jobs.
        """
        ...

    async def save_all(self, appointments: Sequence[Appointment], *audit_entries: AuditEntry) -> None:
        """Save the next versions of many booked appointments. `sequence` rises for the clients who still attend.

        For the practice and for jobs.
        """
        ...

    async def clients_of(self, appointment_ids: Collection[UUID]) -> Mapping[UUID, Sequence[UUID]]:
        """Who attends each of these appointments, in order of their ids. For the practice and for jobs."""
        ...

    async def client_busy_times(
        self, client_ids: Collection[UUID], since: datetime, until: datetime, *, excluding: UUID | None = None
    ) -> list[Span]:
        """When the clients attend booked or completed appointments that overlap the span."""
        ...


class SharedAppointments(Protocol):
    """Appointments that a client can join; a client's transaction sees those of others too."""

    async def booked(
        self,
        appointment_type_id: UUID,
        clinicians: Collection[UUID],
        since: datetime,
        until: datetime,
        *,
        client_id: UUID | None = None,
    ) -> list[Appointment]:
        """Those booked that start from `since` up to, not including, `until`, by start, without their rooms.

        With a client, those that the practice took this client out of are left out.
        """
        ...

    async def join(self, booking: Booking, client_id: UUID, audit_entry: AuditEntry) -> None:
        """Save the booking that the client has joined; before, their transaction need not have seen it.

        Raises:
            StaleVersion: it was changed after it was read.
        """
        ...


class AppointmentRequests(Protocol):
    """Requests for appointments."""

    async def add(self, request: AppointmentRequest, audit_entry: AuditEntry) -> None: ...

    async def get(self, client_id: UUID, request_id: UUID) -> AppointmentRequest | None: ...

    async def get_for_practice(self, request_id: UUID) -> AppointmentRequest | None: ...

    async def save(self, request: AppointmentRequest, audit_entry: AuditEntry) -> None: ...

    async def pending(self, client_id: UUID) -> int:
        """The number of the client's pending requests."""
        ...


class SeriesRepository(Protocol):
    """Series. For the practice only."""

    async def add(self, series: Series, audit_entry: AuditEntry) -> None: ...

    async def get(self, series_id: UUID) -> Series | None: ...

    async def save(self, series: Series, audit_entry: AuditEntry) -> None: ...

    async def active_at(self, location_id: UUID | None) -> list[Series]:
        """Those active at the location, or online for None, by id; also those that have no date to come."""
        ...

    async def active_with(self, clinician_id: UUID) -> list[Series]:
        """Those active with the clinician, by id; also those that have no date to come."""
        ...

    async def save_all(self, series: Sequence[Series], *audit_entries: AuditEntry) -> None:
        """Save the next versions of many after their zone has changed: `first_start` and `time_zone`."""
        ...

    async def bookings(self, series_id: UUID) -> list[Booking]:
        """The series' appointments, including cancelled ones, by start."""
        ...


class CareTeams(Protocol):
    """Clients' care teams, as far as this feature needs them. For the practice only."""

    async def only_with(self, clinicians: Collection[UUID]) -> Mapping[UUID, Sequence[UUID]]:
        """Of each of these clinicians, the active clients whose team has no other clinician who works here, by id."""
        ...

    async def of_both(self, one: UUID, other: UUID) -> Sequence[UUID]:
        """The clients on whose team both clinicians are, by id."""
        ...

    async def locked(self, client_ids: Collection[UUID]) -> Mapping[UUID, tuple[UUID, ...]]:
        """The clinicians' ids of each team, which others do not change until the unit ends; without erased records."""
        ...

    async def change_all(self, teams: Mapping[UUID, tuple[UUID, ...]], audit_entries: Sequence[AuditEntry]) -> None:
        """Replace these teams, which are locked."""
        ...


class CheckIns(Protocol):
    """Check-ins to video visits, latest first."""

    async def add(self, check_in: CheckIn, audit_entry: AuditEntry) -> None: ...

    async def of_appointment(self, appointment_id: UUID) -> list[CheckIn]: ...


class Corrections(Protocol):
    """Corrections of appointments, latest first. For the practice only."""

    async def add(self, correction: Correction, audit_entry: AuditEntry) -> None:
        """The reason is left out for a client whose record key was destroyed."""
        ...

    async def of_appointment(self, appointment_id: UUID) -> list[Correction]: ...


class FeedTokens(Protocol):
    """Calendar feeds."""

    async def get(self, client_id: UUID) -> FeedToken | None: ...

    async def replace(self, token: FeedToken, audit_entry: AuditEntry) -> None:
        """Make this the client's only feed; an earlier one stops working."""
        ...

    async def remove(self, client_id: UUID, audit_entry: AuditEntry) -> bool:
        """Returns whether there was one; otherwise no audit entry is written."""
        ...

    async def unscoped_by_hash(self, token_hash: bytes) -> FeedToken | None:
        """The feed with this token. Not confined to a record, since a calendar app authenticates by the token alone."""
        ...


class Reminders(Protocol):
    """Appointments to send reminders for. The notifications feature owns the lead times."""

    async def candidates(self, since: datetime, until: datetime) -> list[ReminderCandidate]:
        """Attendances of booked appointments that start in the span, with the client's lead times, by start."""
        ...


@frozen(kw_only=True)
class VideoVisit:
    """What a room needs to know about one participant. `room` is unguessable and identifies nobody.

    A `moderator` can admit and remove participants: the clinician.
    """

    room: str
    display_name: str
    clinician_link: str | None
    opens_at: datetime
    ends_at: datetime
    moderator: bool = False


class TelehealthRooms(Protocol):
    """The provider of video rooms. Call it only while no unit of work is open.

    `needs_clinician_link`: a visit takes place in the clinician's own room, so that one without a link has none. Units
    of work are opened with it, and their `BookingDirectory` and `AppointmentReads` say whose room is missing.
    """

    needs_clinician_link: ClassVar[bool]

    async def link(self, video_visit: VideoVisit, *, valid_for: timedelta) -> tuple[str, datetime]:
        """A link into the room, and when it expires; valid for `valid_for` where the provider supports expiry.

        Raises:
            NoRoom: there is no room.
        """
        ...


class AppointmentUnit(UnitOfWork, Protocol):
    """The unit of work of appointments."""

    @property
    def calendar(self) -> Calendar: ...
    @property
    def blocks(self) -> Blocks: ...
    @property
    def availability(self) -> Availability: ...
    @property
    def directory(self) -> BookingDirectory: ...
    @property
    def setup(self) -> BookingSetup: ...
    @property
    def appointment_settings(self) -> SettingsStore[AppointmentSettings]: ...
    @property
    def holds(self) -> Holds: ...
    @property
    def appointments(self) -> Appointments: ...
    @property
    def shared_appointments(self) -> SharedAppointments: ...
    @property
    def appointment_reads(self) -> AppointmentReads: ...
    @property
    def requests(self) -> AppointmentRequests: ...
    @property
    def request_reads(self) -> AppointmentRequestReads: ...
    @property
    def waitlist(self) -> Waitlist: ...
    @property
    def waitlist_reads(self) -> WaitlistReads: ...
    @property
    def offers(self) -> WaitlistOffers: ...
    @property
    def freed_slots(self) -> FreedSlots: ...
    @property
    def series(self) -> SeriesRepository: ...
    @property
    def care_teams(self) -> CareTeams: ...
    @property
    def check_ins(self) -> CheckIns: ...
    @property
    def corrections(self) -> Corrections: ...
    @property
    def feeds(self) -> FeedTokens: ...
    @property
    def reminders(self) -> Reminders: ...
