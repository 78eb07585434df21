"""Appointments, their clients, and the calendar entries that reserve their time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from attrs import Factory, evolve, field, frozen

from portal_core.appointments.attendance import Attendance, AttendanceStatus, CancelledBy, Occasion
from portal_core.appointments.errors import (
    AlreadyAttending,
    AlreadyStarted,
    NoFeeDue,
    NoSeatLeft,
    NotBooked,
    NothingToCorrect,
    NotStarted,
)
from portal_core.appointments.scheduling.durations import ZERO, BusyTime
from portal_core.appointments.scheduling.wall_clock import local_time
from portal_core.kernel.errors import NotFound
from portal_core.kernel.money import Money

Purpose = Literal["appointment", "hold", "block"]
AppointmentStatus = Literal["booked", "completed", "no_show", "cancelled"]


@frozen(kw_only=True)
class CalendarEntry:
    """Reserved time of a clinician. It names no client, so a client's transaction can see that the time is taken.

    Appointments and holds never overlap, and the gap between two is at least the larger of the buffers between them. A
    block may overlap appointments that were booked before it; nothing new is booked into it. A hold expires at
    `expires_at`.
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
        """The entry as input to the scheduling functions."""
        return BusyTime(self.clinician_id, self.starts_at, self.ends_at, self.buffer_before, self.buffer_after)


@frozen(kw_only=True)
class Appointment:
    """A clinician's time for one or more clients. It names no client: `Attendance` does.

    `local_starts_at` is what clocks in `time_zone` showed at its start by the rules when it was booked or moved; naive.
    No location means telehealth, in the room named `room`; every appointment has one, since it may become a video visit
    when it is moved. `attending` counts the clients who have not cancelled or
    missed it: one client's transaction cannot see the others, and must know whether it is the last to leave. `sequence`
    counts the changes that all of its clients see; `changed_at` is the time of the last of them. A `shared` appointment
    is moved by the practice only. `calendar_entry_id` is None once cancelled.
    """

    id: UUID
    practice_id: UUID
    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    local_starts_at: datetime = field(
        default=Factory(lambda self: local_time(self.starts_at, self.time_zone), takes_self=True)
    )
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
        """Whether it is a video visit."""
        return self.location_id is None

    @property
    def occasion(self) -> Occasion:
        """When, where and with whom it is."""
        return Occasion(self.clinician_id, self.location_id, self.starts_at, self.ends_at, self.time_zone)

    def changed(self, at: datetime) -> "Appointment":
        """The appointment after a change that all of its clients see, to it or to its location."""
        return evolve(self, changed_at=at, sequence=self.sequence + 1, version=self.version + 1)

    def require_open(self, at: datetime) -> None:
        """Refuse a change unless the appointment is booked and has not started at `at`.

        Raises:
            NotBooked: cancelled, completed or a no-show.
            AlreadyStarted: it has started.
        """
        if self.status != "booked":
            raise NotBooked
        if self.starts_at <= at:
            raise AlreadyStarted


@frozen(kw_only=True)
class Booking:
    """An appointment with its attendances: changed and saved as one, under the appointment's version.

    In a client's transaction `attendances` contains only their own; in the practice's, all of them.
    """

    appointment: Appointment
    attendances: tuple[Attendance, ...]

    def attendance_of(self, client_id: UUID) -> Attendance:
        """One client's part in the appointment.

        Raises:
            NotFound: they have no part in it.
        """
        for attendance in self.attendances:
            if attendance.client_id == client_id:
                return attendance
        raise NotFound("appointment", self.appointment.id)

    @property
    def attending_client_ids(self) -> tuple[UUID, ...]:
        """The clients, among the visible ones, who are still attending."""
        return tuple(one.client_id for one in self.attendances if one.status == "attending")

    def version_for(self, client_id: UUID) -> int:
        """The version that a client sees, and SEQUENCE in their calendar: the number of changes visible to this client.

        It never decreases, and does not increase when another client leaves, since clients do not see each other. Nor
        does it increase for a client who has cancelled: their event stays as it was then.
        """
        return self.appointment.sequence + self.attendance_of(client_id).sequence

    def occasion_for(self, client_id: UUID) -> Occasion:
        """When, where and with whom the appointment is for a client: for one who has left, as it was then."""
        return self.attendance_of(client_id).left or self.appointment.occasion

    def join(self, client_id: UUID, seats: int, *, at: datetime) -> "Booking":
        """Add a client, or bring back one who had cancelled. The others see no change; the appointment is shared.

        Raises:
            NotBooked, AlreadyStarted: it is closed, or has started.
            AlreadyAttending: the client already attends it.
            NoSeatLeft: as many attend it as there are seats.
        """
        known = self.appointment
        known.require_open(at)
        own = next((one for one in self.attendances if one.client_id == client_id), None)
        if own is not None and own.status == "attending":
            raise AlreadyAttending
        if known.attending >= seats:
            raise NoSeatLeft
        if own is None:
            joined = Attendance(
                appointment_id=known.id, practice_id=known.practice_id, client_id=client_id, changed_at=at
            )
        else:
            joined = own.not_cancelled().changed(at)
        appointment = evolve(known, attending=known.attending + 1, shared=True, version=known.version + 1)
        return Booking(appointment=appointment, attendances=self._with(joined))

    def leave(
        self,
        client_id: UUID,
        *,
        at: datetime,
        reason: str | None,
        internal_note: str | None = None,
        by: CancelledBy = "client",
        cancelled_late: bool = False,
        fee: Money | None = None,
    ) -> "Booking":
        """Cancel one client's part. When the last client leaves, the appointment is cancelled.

        Raises:
            NotBooked: it is closed, or this client has already left.
            AlreadyStarted: it has started.
        """
        self.appointment.require_open(at)
        own = self.attendance_of(client_id)
        if own.status != "attending":
            raise NotBooked
        left_at = self.appointment.occasion
        cancelled = own.cancel(
            by, left_at, at=at, reason=reason, internal_note=internal_note, cancelled_late=cancelled_late, fee=fee
        ).changed(at)
        left = self.appointment.attending - 1
        appointment = evolve(self.appointment, attending=left, version=self.appointment.version + 1)
        if left == 0:
            appointment = evolve(appointment, status="cancelled", calendar_entry_id=None, changed_at=at)
        return Booking(appointment=appointment, attendances=self._with(cancelled))

    def cancel(self, *, at: datetime, reason: str | None, internal_note: str | None = None) -> "Booking":
        """Cancel the appointment for all clients, on the practice's behalf.

        Raises:
            NotBooked: it is closed.
            AlreadyStarted: it has started.
        """
        self.appointment.require_open(at)
        cancelled = (
            one.cancel("practice", self.appointment.occasion, at=at, reason=reason, internal_note=internal_note)
            for one in self.attendances
            if one.status == "attending"
        )
        changed = evolve(self.appointment.changed(at), status="cancelled", calendar_entry_id=None, attending=0)
        return Booking(appointment=changed, attendances=self._unseen_by_cancelled()._with(*cancelled))

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
        """Move it to another time, location or clinician; its id and calendar entry stay the same.

        A `fee` for moving it late becomes due for every visible client.

        Raises:
            NotBooked: it is closed.
            AlreadyStarted: it has started.
        """
        self.appointment.require_open(at)
        moved = evolve(
            self.appointment.changed(at),
            clinician_id=clinician_id,
            location_id=location_id,
            starts_at=starts_at,
            ends_at=ends_at,
            time_zone=time_zone,
            local_starts_at=local_time(starts_at, time_zone),
        )
        parts = self._unseen_by_cancelled().attendances
        attendances = tuple(evolve(one, fee_due=fee or one.fee_due) for one in parts)
        return Booking(appointment=moved, attendances=attendances)

    def complete(self, *, at: datetime) -> "Booking":
        """Mark the appointment as completed.

        Raises:
            NotBooked: it is closed.
            NotStarted: it has not started.
        """
        self._require_started(at)
        completed = evolve(self.appointment.changed(at), status="completed")
        return evolve(self._unseen_by_cancelled(), appointment=completed)

    def no_show(self, client_id: UUID, *, at: datetime, fee: Money | None = None) -> "Booking":
        """Mark one client as a no-show. When no client is left attending, the appointment is a no-show.

        A `fee` becomes due; one for an earlier late change remains due without it.

        Raises:
            NotBooked: it is closed, or the client had cancelled.
            NotStarted: it has not started.
        """
        self._require_started(at)
        own = self.attendance_of(client_id)
        if own.status != "attending":
            raise NotBooked
        missed = evolve(own, status="no_show", fee_due=fee or own.fee_due).changed(at)
        left = self.appointment.attending - 1
        appointment = evolve(self.appointment, attending=left, version=self.appointment.version + 1)
        if left == 0:
            appointment = evolve(appointment, status="no_show", changed_at=at)
        return Booking(appointment=appointment, attendances=self._with(missed))

    def correct(self, status: AttendanceStatus, fees: Mapping[UUID, Money | None], *, at: datetime) -> "Booking":
        """Put the parts of the clients in `fees`, which has the right fee of each, right. The others see no change.

        The appointment follows: while somebody attends it is completed, or still booked; otherwise it is a no-show if
        somebody missed it, and cancelled if nobody did.

        Raises:
            NotBooked: it was cancelled for all.
            NotStarted: it has not started.
            NothingToCorrect: a client's part already has this status and fee, or no client is given.
        """
        known = self.appointment
        if known.status == "cancelled":
            raise NotBooked
        if at < known.starts_at:
            raise NotStarted
        if not fees:
            raise NothingToCorrect
        own = ((self.attendance_of(one), fee) for one, fee in fees.items())
        parts = self._with(*(one.correct(status, known.occasion, at=at, fee_due=fee) for one, fee in own))
        statuses = [one.status for one in parts]
        appointment = evolve(known, attending=statuses.count("attending"), version=known.version + 1)
        if appointment.attending:
            appointment = evolve(appointment, status="booked" if known.status == "booked" else "completed")
        elif "no_show" in statuses:
            appointment = evolve(appointment, status="no_show")
        else:
            appointment = evolve(appointment, status="cancelled", calendar_entry_id=None)
        return Booking(appointment=appointment, attendances=parts)

    def waive_fee(self, client_id: UUID, *, at: datetime) -> "Booking":
        """Waive the fee that one client owes, whatever became of the appointment.

        Raises:
            NoFeeDue: they owe none.
        """
        own = self.attendance_of(client_id)
        if own.fee_due is None:
            raise NoFeeDue
        waived = evolve(own, fee_due=None).changed(at)
        return Booking(
            appointment=evolve(self.appointment, version=self.appointment.version + 1), attendances=self._with(waived)
        )

    def _require_started(self, at: datetime) -> None:
        if self.appointment.status != "booked":
            raise NotBooked
        if at < self.appointment.starts_at:
            raise NotStarted

    def _unseen_by_cancelled(self) -> "Booking":
        """The booking before the appointment's sequence rises, so that it does not rise for clients who cancelled."""
        parts = (evolve(one, sequence=one.sequence - (one.status == "cancelled")) for one in self.attendances)
        return evolve(self, attendances=tuple(parts))

    def _with(self, *changed: Attendance) -> tuple[Attendance, ...]:
        by_client = {one.client_id: one for one in (*self.attendances, *changed)}
        return tuple(by_client.values())
