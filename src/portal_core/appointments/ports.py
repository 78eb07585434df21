"""What appointments need from outside.

All repositories are confined to the practice, and for a client or proxy to the record that they act on. Changing
methods write the audit entries in the same transaction, and every `save` raises StaleVersion when what it saves was
changed after it was read.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from attrs import frozen

from portal_core.appointments.appointment_request import AppointmentRequest
from portal_core.appointments.calendar_feed import FeedToken
from portal_core.appointments.check_in import CheckIn
from portal_core.appointments.model import Booking, CalendarEntry, Hold
from portal_core.appointments.read_ports import AppointmentReads, AppointmentRequestReads, WaitlistReads
from portal_core.appointments.scheduling.availability import AvailabilityException, AvailabilityRule
from portal_core.appointments.scheduling.wall_clock import Span
from portal_core.appointments.series import Series
from portal_core.appointments.settings import (
    AppointmentRules,
    AppointmentType,
    BookingOptions,
    Client,
    Clinician,
    Location,
)
from portal_core.appointments.views import ReminderCandidate
from portal_core.appointments.waitlist import FreedSlot, WaitlistEntry, WaitlistOffer
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.uow import UnitOfWork


class Calendar(Protocol):
    """Clinicians' time, with no client in it. Whoever writes takes the lock first."""

    async def lock(self, clinicians: Iterable[UUID], now: datetime, *, clients: Iterable[UUID] = ()) -> None:
        """Make all others who lock one of these wait until this transaction ends.

        Taken in one order by everybody, so that nobody waits in a circle. Clients are locked too where a rule is
        about their own time. Under the lock it drops the holds of these clinicians that are over at `now`.
        """
        ...

    async def busy(
        self, clinicians: Collection[UUID], since: datetime, until: datetime, now: datetime
    ) -> list[CalendarEntry]:
        """Entries that share time with the span, in order of their start, without holds that are over at `now`.

        Buffers are not looked at here: ask for a span that is wider by them.
        """
        ...

    async def occupy(self, entry: CalendarEntry) -> None:
        """Take the time.

        Raises:
            SlotTaken: another appointment or hold shares time with it (buffers aside; blocks aside).
        """
        ...

    async def change(self, entry: CalendarEntry) -> None:
        """Give the entry of this id another time, clinician or purpose.

        Raises:
            SlotTaken: as `occupy`; or the entry is gone, being a hold that was over.
        """
        ...

    async def free(self, entry_id: UUID) -> None:
        """Give the time back. An entry that is gone already stays gone."""
        ...


class Blocks(Protocol):
    """Entries of the calendar that staff put there by hand."""

    async def get(self, entry_id: UUID) -> CalendarEntry | None: ...

    async def add(self, block: CalendarEntry, audit_entry: AuditEntry) -> None: ...

    async def conflicts(self, block: CalendarEntry) -> tuple[UUID, ...]:
        """The ids of booked appointments that share time with it, by start."""
        ...

    async def remove(self, entry_id: UUID, audit_entry: AuditEntry) -> bool:
        """Whether there was such a block; no entry is written when not."""
        ...


class Availability(Protocol):
    """What clinicians publish. Hours are local to their place, or to the practice where they name none: what is read
    has the zone that these have now, whichever it had when it was written.
    """

    async def rules(self, clinicians: Collection[UUID]) -> list[AvailabilityRule]: ...

    async def exceptions(
        self, clinicians: Collection[UUID], first_day: date, last_day: date
    ) -> list[AvailabilityException]:
        """On dates from the first to the last, both included."""
        ...

    async def publish(self, clinician_id: UUID, rules: Sequence[AvailabilityRule], audit_entry: AuditEntry) -> None:
        """These and no others are the clinician's rules from now on."""
        ...

    async def add_exception(self, exception: AvailabilityException, audit_entry: AuditEntry) -> None: ...

    async def remove_exception(self, clinician_id: UUID, exception_id: UUID, audit_entry: AuditEntry) -> bool:
        """Whether there was one; no entry is written when not."""
        ...


class BookingDirectory(Protocol):
    """With whom, for what and where one may book, and the rules: the defaults in the practice's zone until saved."""

    async def for_client(self, client_id: UUID) -> BookingOptions:
        """With the clinicians of the client's care team; none of them for an unknown client."""
        ...

    async def for_practice(self) -> BookingOptions: ...

    async def clinician(self, clinician_id: UUID) -> Clinician | None:
        """One of the practice's, whether of the client's care team or not."""
        ...

    async def clients(self, client_ids: Collection[UUID]) -> Mapping[UUID, Client]:
        """Those who are clients of the practice; others are missing in the answer."""
        ...


class BookingSetup(Protocol):
    """Where the practice says what it offers. A kind or place is a new one, or one version on from what is there."""

    async def save_rules(self, rules: AppointmentRules, audit_entry: AuditEntry, version: int | None = None) -> int:
        """In place of those of this `version` of the practice, or of any; answers the version that it has now."""
        ...

    async def save_appointment_type(self, appointment_type: AppointmentType, audit_entry: AuditEntry) -> None: ...

    async def save_location(self, location: Location, audit_entry: AuditEntry) -> None: ...


class Holds(Protocol):
    """Slots held by clients."""

    async def add(self, hold: Hold, audit_entry: AuditEntry) -> None: ...

    async def get(self, client_id: UUID, hold_id: UUID) -> Hold | None:
        """Also one that is over; None when it was booked, released or cleared away."""
        ...

    async def of_client(self, client_id: UUID, now: datetime) -> list[Hold]:
        """Those that are not over."""
        ...

    async def remove(self, client_id: UUID, hold_id: UUID, audit_entry: AuditEntry) -> None: ...

    async def clear(self, client_id: UUID, before: datetime) -> None:
        """Forget those that were over by then."""
        ...

    async def clear_all(self, before: datetime) -> None:
        """Forget everybody's that were over by then; for the job."""
        ...


class Appointments(Protocol):
    """Appointments with their attendances, saved as one."""

    async def add(self, booking: Booking, *audit_entries: AuditEntry) -> None: ...

    async def get(self, client_id: UUID, appointment_id: UUID) -> Booking | None:
        """With this client's attendance alone; None when they have none in it."""
        ...

    async def get_for_practice(self, appointment_id: UUID) -> Booking | None:
        """With all attendances that the transaction may see. For the practice and for jobs."""
        ...

    async def save(self, booking: Booking, *audit_entries: AuditEntry) -> None:
        """The appointment and the booking's attendances; others of it stay. No reason where a client's key is gone."""
        ...

    async def client_busy_times(
        self, client_ids: Collection[UUID], since: datetime, until: datetime, *, excluding: UUID | None = None
    ) -> list[Span]:
        """When the clients attend appointments, booked or completed, that share time with the span."""
        ...


class AppointmentRequests(Protocol):
    """Requests for appointments."""

    async def add(self, request: AppointmentRequest, audit_entry: AuditEntry) -> None: ...

    async def get(self, client_id: UUID, request_id: UUID) -> AppointmentRequest | None: ...

    async def get_for_practice(self, request_id: UUID) -> AppointmentRequest | None: ...

    async def save(self, request: AppointmentRequest, audit_entry: AuditEntry) -> None: ...

    async def pending(self, client_id: UUID) -> int:
        """How many."""
        ...


class Waitlist(Protocol):
    """Who waits for what."""

    async def add(self, entry: WaitlistEntry, audit_entry: AuditEntry) -> None: ...

    async def get(self, client_id: UUID, entry_id: UUID) -> WaitlistEntry | None: ...

    async def save(self, entry: WaitlistEntry, audit_entry: AuditEntry) -> None: ...

    async def matching(self, appointment_type_id: UUID, on: date) -> list[WaitlistEntry]:
        """Those who wait for this kind on a local date of theirs, longest first; within a client's transaction their
        own only. A day's slack on either side: `WaitlistEntry.wants` decides."""
        ...


class WaitlistOffers(Protocol):
    """Freed slots and to whom they were offered."""

    async def add(self, offer: WaitlistOffer, audit_entry: AuditEntry) -> None: ...

    async def get(self, client_id: UUID, offer_id: UUID) -> WaitlistOffer | None: ...

    async def save(self, offer: WaitlistOffer, audit_entry: AuditEntry) -> None: ...

    async def of_slot(self, freed_slot_id: UUID) -> list[WaitlistOffer]:
        """All that were ever made of this slot; for the job that makes them."""
        ...

    async def expired(self, now: datetime) -> list[WaitlistOffer]:
        """Open ones whose time is up, a hundred at most; for the job that passes them on."""
        ...


class FreedSlots(Protocol):
    """Time that cancellations gave back."""

    async def add(self, slot: FreedSlot) -> None: ...

    async def get(self, slot_id: UUID) -> FreedSlot | None: ...

    async def pending_ids(self) -> list[UUID]:
        """The ids of those that are offered to somebody, or may be yet: the hundred that were freed first, in order."""
        ...

    async def remove(self, slot_id: UUID) -> None:
        """Nobody is left to offer it to, or it is past."""
        ...


class SeriesRepository(Protocol):
    """Weekly series. Practice's side only."""

    async def add(self, series: Series, audit_entry: AuditEntry) -> None: ...

    async def get(self, series_id: UUID) -> Series | None: ...

    async def save(self, series: Series, audit_entry: AuditEntry) -> None: ...

    async def bookings(self, series_id: UUID) -> list[Booking]:
        """The series' appointments, cancelled ones too, by start."""
        ...


class CheckIns(Protocol):
    """Where clients were when they joined, the latest first."""

    async def add(self, check_in: CheckIn, audit_entry: AuditEntry) -> None: ...

    async def of_appointment(self, appointment_id: UUID) -> list[CheckIn]: ...


class FeedTokens(Protocol):
    """Calendar feeds."""

    async def replace(self, token: FeedToken, audit_entry: AuditEntry) -> None:
        """The client's only feed from now on; an earlier one is dead."""
        ...

    async def remove(self, client_id: UUID, audit_entry: AuditEntry) -> bool:
        """Whether there was one; no entry is written when not."""
        ...

    async def unscoped_by_hash(self, token_hash: bytes) -> FeedToken | None:
        """Whose feed this is. Not confined to a record, since a phone signs in by the token alone."""
        ...


class Reminders(Protocol):
    """Who is to be reminded of what. The lead times are the notifications' to keep."""

    async def candidates(self, since: datetime, until: datetime) -> list[ReminderCandidate]:
        """Attendances of booked appointments that start in the span, with the client's lead times, by start."""
        ...


@frozen(kw_only=True)
class VideoVisit:
    """What a room needs to know of somebody's session. `room` is unguessable and names nothing.

    A `moderator` lets others in and puts them out: the clinician.
    """

    room: str
    display_name: str
    clinician_link: str | None
    opens_at: datetime
    ends_at: datetime
    moderator: bool = False


class TelehealthRooms(Protocol):
    """Where sessions online take place. Called while no unit is open."""

    async def link(self, video_visit: VideoVisit, *, valid_for: timedelta) -> tuple[str, datetime]:
        """A link into the room, good for `valid_for` where the room can see to it, and until when it is.

        Raises:
            NoRoom: there is none.
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
    def holds(self) -> Holds: ...
    @property
    def appointments(self) -> Appointments: ...
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
    def check_ins(self) -> CheckIns: ...
    @property
    def feeds(self) -> FeedTokens: ...
    @property
    def reminders(self) -> Reminders: ...
