"""Appointments, who comes to them, and the calendar in which they take up time."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.appointments.errors import AlreadyStarted, NotBooked, NotStarted
from portal_core.appointments.scheduling.durations import ZERO, BusyTime
from portal_core.kernel.errors import NotFound
from portal_core.kernel.money import Money

Purpose = Literal["appointment", "hold", "block"]
AppointmentStatus = Literal["booked", "completed", "no_show", "cancelled"]
AttendanceStatus = Literal["attending", "no_show", "cancelled"]
CancelledBy = Literal["client", "practice"]


@frozen(kw_only=True)
class CalendarEntry:
    """Time of a clinician that is taken. It names no client, so a client's transaction can see that it is taken.

    Appointments and holds never overlap one another, and keep the larger of their buffers between them. A block may
    lie over an appointment that was there before it; nothing new is booked into it. A hold is over at `expires_at`.
    """

    id: UUID
    practice_id: UUID
    clinician_id: UUID
    starts_at: datetime
    ends_at: datetime
    buffer_before: timedelta = ZERO
    buffer_after: timedelta = ZERO
    purpose: Purpose
    expires_at: datetime | None = None

    @property
    def busy(self) -> BusyTime:
        """The entry as the scheduling rules take it."""
        return BusyTime(self.clinician_id, self.starts_at, self.ends_at, self.buffer_before, self.buffer_after)


@frozen(kw_only=True)
class Hold:
    """A slot that a client has for a few minutes while they decide. Its time is in the calendar entry."""

    id: UUID
    practice_id: UUID
    client_id: UUID
    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    calendar_entry_id: UUID
    expires_at: datetime


@frozen(kw_only=True)
class Attendance:
    """One client's part in an appointment; several clients' parts know nothing of each other.

    `cancelled_late` is a cancellation inside the notice period, `fee_due` what that or moving it late costs; `reason`
    is the client's, or the practice's, encrypted where it is kept. `sequence` counts the changes that only this client
    sees.
    """

    appointment_id: UUID
    practice_id: UUID
    client_id: UUID
    status: AttendanceStatus = "attending"
    cancelled_at: datetime | None = None
    cancelled_by: CancelledBy | None = None
    cancelled_late: bool = False
    reason: str | None = None
    fee_due: Money | None = None
    sequence: int = 0

    def cancel(
        self,
        by: CancelledBy,
        *,
        at: datetime,
        reason: str | None,
        cancelled_late: bool = False,
        fee: Money | None = None,
    ) -> "Attendance":
        """The client comes no more. The fee of an earlier late change stays due."""
        owed = fee or self.fee_due
        return evolve(
            self,
            status="cancelled",
            cancelled_at=at,
            cancelled_by=by,
            reason=reason,
            cancelled_late=cancelled_late,
            fee_due=owed,
        )


@frozen(kw_only=True)
class Appointment:
    """A clinician's time for one client or several. It names no client: `Attendance` does.

    No place is telehealth, in the room named `room`. `attending` counts the clients who still come: one client's
    transaction cannot see the others, and must know whether it is the last to leave. `sequence` counts the changes
    that all of its clients see; `changed_at` is the last of them. A `shared` one is moved by the practice only.
    `calendar_entry_id` is None once cancelled.
    """

    id: UUID
    practice_id: UUID
    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    calendar_entry_id: UUID | None
    attending: int
    booked_at: datetime
    changed_at: datetime
    shared: bool = False
    status: AppointmentStatus = "booked"
    series_id: UUID | None = None
    room: str = ""
    sequence: int = 0
    version: int = 1

    @property
    def telehealth(self) -> bool:
        """Whether it is in a room online."""
        return self.location_id is None

    def require_open(self, at: datetime) -> None:
        """Refuses changes of what is over.

        Raises:
            NotBooked: cancelled, completed or missed.
            AlreadyStarted: it has begun.
        """
        if self.status != "booked":
            raise NotBooked
        if self.starts_at <= at:
            raise AlreadyStarted


@frozen(kw_only=True)
class Booking:
    """An appointment with its attendances: changed and saved as one, under the appointment's version.

    For a client's transaction `attendances` is their own alone; for the practice's it is everybody's.
    """

    appointment: Appointment
    attendances: tuple[Attendance, ...]

    def attendance_of(self, client_id: UUID) -> Attendance:
        """One client's part.

        Raises:
            NotFound: they have none in it.
        """
        for attendance in self.attendances:
            if attendance.client_id == client_id:
                return attendance
        raise NotFound("appointment", self.appointment.id)

    @property
    def attending_client_ids(self) -> tuple[UUID, ...]:
        """The clients, among those seen here, who still come."""
        return tuple(one.client_id for one in self.attendances if one.status == "attending")

    def version_for(self, client_id: UUID) -> int:
        """What a client knows as the version, and calendars as SEQUENCE: the changes that this client could see.

        It never falls, and does not rise when another client leaves, who does not exist for this one.
        """
        return self.appointment.sequence + self.attendance_of(client_id).sequence

    def leave(
        self,
        client_id: UUID,
        *,
        at: datetime,
        reason: str | None,
        cancelled_late: bool = False,
        fee: Money | None = None,
    ) -> "Booking":
        """One client cancels. The last to leave cancels the appointment.

        Raises:
            NotBooked: closed, or this client has left before.
            AlreadyStarted: it has begun.
        """
        self.appointment.require_open(at)
        own = self.attendance_of(client_id)
        if own.status != "attending":
            raise NotBooked
        cancelled = evolve(
            own.cancel("client", at=at, reason=reason, cancelled_late=cancelled_late, fee=fee),
            sequence=own.sequence + 1,
        )
        left = self.appointment.attending - 1
        appointment = evolve(self.appointment, attending=left, version=self.appointment.version + 1)
        if left == 0:
            appointment = evolve(appointment, status="cancelled", calendar_entry_id=None, changed_at=at)
        return Booking(appointment=appointment, attendances=self._with(cancelled))

    def cancel(self, *, at: datetime, reason: str | None) -> "Booking":
        """The practice cancels it for everybody.

        Raises:
            NotBooked: closed.
            AlreadyStarted: it has begun.
        """
        self.appointment.require_open(at)
        cancelled = (
            one.cancel("practice", at=at, reason=reason) for one in self.attendances if one.status == "attending"
        )
        changed = evolve(self._changed(at), status="cancelled", calendar_entry_id=None, attending=0)
        return Booking(appointment=changed, attendances=self._with(*cancelled))

    def reschedule(
        self,
        *,
        clinician_id: UUID,
        location_id: UUID | None,
        starts_at: datetime,
        ends_at: datetime,
        time_zone: str,
        at: datetime,
        fee: Money | None = None,
    ) -> "Booking":
        """Another time, place or clinician; the id stays, and so does the calendar entry's.

        A `fee` for moving it late is due from those seen here.

        Raises:
            NotBooked: closed.
            AlreadyStarted: it has begun.
        """
        self.appointment.require_open(at)
        moved = evolve(
            self._changed(at),
            clinician_id=clinician_id,
            location_id=location_id,
            starts_at=starts_at,
            ends_at=ends_at,
            time_zone=time_zone,
        )
        attendances = tuple(evolve(one, fee_due=fee or one.fee_due) for one in self.attendances)
        return Booking(appointment=moved, attendances=attendances)

    def complete(self, *, at: datetime) -> "Booking":
        """It took place.

        Raises:
            NotBooked: closed.
            NotStarted: it has not begun.
        """
        self._require_started(at)
        return evolve(self, appointment=evolve(self._changed(at), status="completed"))

    def no_show(self, client_id: UUID, *, at: datetime) -> "Booking":
        """A client did not come. When nobody came, the appointment is a no-show.

        Raises:
            NotBooked: closed, or the client had cancelled.
            NotStarted: it has not begun.
        """
        self._require_started(at)
        own = self.attendance_of(client_id)
        if own.status != "attending":
            raise NotBooked
        missed = evolve(own, status="no_show", sequence=own.sequence + 1)
        left = self.appointment.attending - 1
        appointment = evolve(self.appointment, attending=left, version=self.appointment.version + 1)
        if left == 0:
            appointment = evolve(appointment, status="no_show", changed_at=at)
        return Booking(appointment=appointment, attendances=self._with(missed))

    def _require_started(self, at: datetime) -> None:
        if self.appointment.status != "booked":
            raise NotBooked
        if at < self.appointment.starts_at:
            raise NotStarted

    def _changed(self, at: datetime) -> Appointment:
        """The appointment after a change that all of its clients see."""
        known = self.appointment
        return evolve(known, changed_at=at, sequence=known.sequence + 1, version=known.version + 1)

    def _with(self, *changed: Attendance) -> tuple[Attendance, ...]:
        by_client = {one.client_id: one for one in (*self.attendances, *changed)}
        return tuple(by_client.values())
