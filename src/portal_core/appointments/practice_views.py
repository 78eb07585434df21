"""Views of appointments for the practice's staff: frozen, ready for JSON.

A client's name and pronouns are those that they chose; without pronouns they are null.
"""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from attrs import evolve, frozen

from portal_core.appointments.attendance import AttendanceStatus
from portal_core.appointments.check_in import CheckIn
from portal_core.appointments.correction import Correction, FeeChange
from portal_core.appointments.model import AppointmentStatus, CalendarEntry, Purpose
from portal_core.appointments.scheduling.wall_clock import LocalDateTime
from portal_core.appointments.series import Series, SeriesStatus
from portal_core.appointments.settings import Client
from portal_core.appointments.views import AppointmentRequestView, WaitlistEntryView
from portal_core.kernel.money import Money


@frozen(kw_only=True)
class PracticeAppointmentRequestView:
    """A request with the client who sent it, for the practice."""

    client_id: UUID
    client_name: str
    client_pronouns: str | None
    request: AppointmentRequestView


@frozen(kw_only=True)
class PracticeWaitlistEntryView:
    """A waitlist entry with its client, for the practice."""

    client_id: UUID
    client_name: str
    client_pronouns: str | None
    entry: WaitlistEntryView


@frozen(kw_only=True)
class AttendanceView:
    """One client of an appointment, for the practice. The client sees `reason`, and never `internal_note`."""

    client_id: UUID
    client_name: str
    client_pronouns: str | None
    status: AttendanceStatus
    cancelled_at: datetime | None
    cancelled_late: bool
    reason: str | None
    internal_note: str | None
    fee_due: Money | None


@frozen(kw_only=True)
class PracticeAppointmentView:
    """An appointment with all of its clients, for the practice. `cpt_code` is what the practice bills for its type.

    `room_missing`: it is a booked video visit that nobody can join, since its clinician has no room. Give them one.
    """

    id: UUID
    status: AppointmentStatus
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    clinician_id: UUID
    clinician_name: str
    appointment_type_id: UUID
    appointment_type_name: str
    cpt_code: str | None
    location_id: UUID | None
    location_name: str | None
    telehealth: bool
    room_missing: bool | None
    series_id: UUID | None
    attendances: tuple[AttendanceView, ...]
    version: int

    def for_bills(self) -> "PracticeAppointmentView":
        """What bills need: not why a client cancelled, their pronouns, the series, nor the room, which are null."""
        parts = (evolve(one, reason=None, internal_note=None, client_pronouns=None) for one in self.attendances)
        return evolve(self, attendances=tuple(parts), series_id=None, room_missing=None)


@frozen(kw_only=True)
class AttendingClientView:
    """Who a client is, where an answer lists several."""

    client_id: UUID
    client_name: str
    client_pronouns: str | None

    @classmethod
    def of(cls, client: Client) -> "AttendingClientView":
        return cls(client_id=client.id, client_name=client.name, client_pronouns=client.pronouns)


@frozen(kw_only=True)
class AttendanceSummaryView(AttendingClientView):
    """One client of an appointment, where an answer lists several."""

    status: AttendanceStatus


@frozen(kw_only=True)
class AppointmentSummaryView:
    """An appointment, where an answer lists several: which one it is, with whom and when.

    `local_starts_at` is what clocks in `time_zone` showed at its start by the rules when it was booked or moved.
    `room_missing` is that of `PracticeAppointmentView`.
    """

    id: UUID
    status: AppointmentStatus
    starts_at: datetime
    local_starts_at: LocalDateTime
    time_zone: str
    clinician_id: UUID
    clinician_name: str
    room_missing: bool
    series_id: UUID | None
    attendances: tuple[AttendanceSummaryView, ...]


@frozen(kw_only=True)
class BlockView:
    """Time blocked for new appointments.

    `conflicts` are the first 1,000 booked appointments that overlap it, by start. They remain.
    """

    id: UUID
    clinician_id: UUID
    starts_at: datetime
    ends_at: datetime
    conflicts: tuple[AppointmentSummaryView, ...] = ()

    @classmethod
    def of(cls, block: CalendarEntry, conflicts: tuple[AppointmentSummaryView, ...]) -> "BlockView":
        return cls(
            id=block.id,
            clinician_id=block.clinician_id,
            starts_at=block.starts_at,
            ends_at=block.ends_at,
            conflicts=conflicts,
        )


@frozen(kw_only=True)
class BusyTimeView:
    """A hold or a block."""

    id: UUID
    clinician_id: UUID
    purpose: Purpose
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, entry: CalendarEntry) -> "BusyTimeView":
        return cls(
            id=entry.id,
            clinician_id=entry.clinician_id,
            purpose=entry.purpose,
            starts_at=entry.starts_at,
            ends_at=entry.ends_at,
        )


@frozen(kw_only=True)
class ScheduleView:
    """The practice's local dates from `first_day` to `last_day`, both inclusive: appointments by start, including
    cancelled ones, and holds and blocks by start. Show them in `time_zone`.
    """

    first_day: date
    last_day: date
    time_zone: str
    appointments: tuple[PracticeAppointmentView, ...]
    busy: tuple[BusyTimeView, ...]


@frozen(kw_only=True)
class SeriesView:
    """A series with its appointments, by start: for clinicians without those that were moved to a colleague.

    After a change of several dates, `refused` are starts that were not available, and `not_moved` the ids of the
    appointments that a move left as they are: their new start was refused, or they had been moved singly. `first_start`
    is local in `time_zone`. `count` is the number of dates from then on, `interval_weeks` apart, as it was asked for:
    those that were skipped, refused or cancelled count too.
    """

    id: UUID
    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    first_start: LocalDateTime
    time_zone: str
    interval_weeks: int
    count: int
    status: SeriesStatus
    appointments: tuple[AppointmentSummaryView, ...]
    refused: tuple[datetime, ...] = ()
    not_moved: tuple[UUID, ...] = ()
    version: int = 1

    @classmethod
    def of(
        cls,
        series: Series,
        appointments: Iterable[AppointmentSummaryView],
        refused: Iterable[datetime] = (),
        not_moved: Iterable[UUID] = (),
    ) -> "SeriesView":
        return cls(
            id=series.id,
            clinician_id=series.clinician_id,
            appointment_type_id=series.appointment_type_id,
            location_id=series.location_id,
            first_start=LocalDateTime(series.first_start),
            time_zone=series.time_zone,
            interval_weeks=series.interval_weeks,
            count=series.count,
            status=series.status,
            appointments=tuple(appointments),
            refused=tuple(refused),
            not_moved=tuple(not_moved),
            version=series.version,
        )


@frozen(kw_only=True)
class CheckInView:
    """A client's location and callback number, as given when they joined; null once the record's key is destroyed."""

    client_id: UUID
    client_name: str
    client_pronouns: str | None
    client_location: str | None
    callback: str | None
    joined_at: datetime

    @classmethod
    def of(cls, one: CheckIn, client: Client) -> "CheckInView":
        return cls(
            client_id=client.id,
            client_name=client.name,
            client_pronouns=client.pronouns,
            client_location=one.client_location,
            callback=one.callback,
            joined_at=one.joined_at,
        )


@frozen(kw_only=True)
class CorrectionView:
    """What was put right in a client's part, and why. `corrected_by` is an account's id, null for a job."""

    id: UUID
    client_id: UUID
    client_name: str
    client_pronouns: str | None
    before: AttendanceStatus
    after: AttendanceStatus
    fee: FeeChange
    reason: str | None
    corrected_by: UUID | None
    corrected_at: datetime

    @classmethod
    def of(cls, one: Correction, client: Client) -> "CorrectionView":
        return cls(
            id=one.id,
            client_id=client.id,
            client_name=client.name,
            client_pronouns=client.pronouns,
            before=one.before,
            after=one.after,
            fee=one.fee,
            reason=one.reason,
            corrected_by=one.corrected_by,
            corrected_at=one.corrected_at,
        )
