"""Booking checks and steps shared by all use cases that book. Call them while holding the calendar's lock."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.appointments.attendance import Attendance
from portal_core.appointments.errors import (
    NotStarted,
    OutsideAvailability,
    OverlappingAppointment,
    SlotTaken,
    TooFar,
    TooSoon,
)
from portal_core.appointments.model import Appointment, Booking, CalendarEntry, Purpose
from portal_core.appointments.policy import require_active_client
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.availability import Window, date_range_around, open_windows
from portal_core.appointments.scheduling.durations import MAX_ADVANCE_DAYS, ZERO, AppointmentTiming
from portal_core.appointments.scheduling.slots import Refusal, on_grid, slot_refusal
from portal_core.appointments.scheduling.wall_clock import DAY, require_aware
from portal_core.appointments.settings import AppointmentType, Clinician
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Conflict, Invalid, NotFound
from portal_core.kernel.money import Money
from portal_core.kernel.sources import IdSource, TokenSource

MAX_BACKDATING = 30 * DAY
"""How long after its start a visit can still be recorded, so that a month can be completed. No standard sets a length.
"""
REFUSALS: Final[Mapping[Refusal, type[Conflict]]] = {
    Refusal.TOO_SOON: TooSoon,
    Refusal.TOO_FAR: TooFar,
    Refusal.OUTSIDE_AVAILABILITY: OutsideAvailability,
    Refusal.TAKEN: SlotTaken,
}


def without_duplicates(client_ids: Iterable[UUID]) -> tuple[UUID, ...]:
    """An attrs converter: each client once, in the given order."""
    return tuple(dict.fromkeys(client_ids))


@frozen(kw_only=True)
class SlotChoice:
    """A start time with a clinician for an appointment type. No location means telehealth.

    Raises:
        Invalid: a time without an offset.
    """

    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None = None
    starts_at: datetime = field(converter=require_aware)


@frozen(kw_only=True)
class BookingDetails:
    """What to book, and for whom; the appointment type and clinician have been checked to be bookable.

    `held_entry_id` is the calendar entry that already reserves the time. `by_staff` waives notice, advance limit and
    the grid of starts; `outside_hours` also waives the clinician's availability. Neither allows double booking. With
    `took_place` the visit has already started and is recorded as completed, whatever the clinician's availability.
    """

    choice: SlotChoice
    appointment_type: AppointmentType
    clinician: Clinician
    time_zone: str
    clients: tuple[UUID, ...]
    held_entry_id: UUID | None = None
    series_id: UUID | None = None
    by_staff: bool = False
    outside_hours: bool = False
    took_place: bool = False

    @property
    def ends_at(self) -> datetime:
        return self.choice.starts_at + self.appointment_type.timing.duration


async def place_booking(
    unit: AppointmentUnit, details: BookingDetails, ids: IdSource, tokens: TokenSource, practice_id: UUID, now: datetime
) -> Booking:
    """Check everything again, reserve the time, and add the appointment. The clinician and the clients must be locked.

    Raises:
        OverlappingAppointment: a client has another appointment at that time.
        SlotTaken, OutsideAvailability, TooSoon, TooFar, NotStarted, Invalid: as `require_free`.
    """
    await require_bookable(unit, details, now)
    return await create_booking(unit, details, ids, tokens, practice_id, now)


async def require_bookable(unit: AppointmentUnit, details: BookingDetails, now: datetime) -> None:
    """Check that the booking is possible, ignoring the calendar entry that already reserves its time.

    Raises:
        OverlappingAppointment, SlotTaken, OutsideAvailability, TooSoon, TooFar, NotStarted, Invalid: as `require_free`.
    """
    await require_free(
        unit,
        details.choice,
        details.appointment_type.timing,
        now,
        clients=details.clients,
        excluding=details.held_entry_id,
        by_staff=details.by_staff,
        outside_hours=details.outside_hours,
        took_place=details.took_place,
    )


async def create_booking(
    unit: AppointmentUnit, details: BookingDetails, ids: IdSource, tokens: TokenSource, practice_id: UUID, now: datetime
) -> Booking:
    """Reserve the time and add the appointment, after `require_bookable`.

    Raises:
        SlotTaken: the time was taken in the meantime.
    """
    choice, appointment_type = details.choice, details.appointment_type
    entry = calendar_entry_for(
        choice, appointment_type.timing, details.held_entry_id or ids.new(), practice_id, "appointment"
    )
    await (unit.calendar.change(entry) if details.held_entry_id else unit.calendar.occupy(entry))
    appointment = Appointment(
        id=ids.new(),
        practice_id=practice_id,
        clinician_id=choice.clinician_id,
        appointment_type_id=choice.appointment_type_id,
        location_id=choice.location_id,
        starts_at=choice.starts_at,
        ends_at=details.ends_at,
        time_zone=details.time_zone,
        calendar_entry_id=entry.id,
        attending=len(details.clients),
        booked_at=now,
        changed_at=now,
        shared=appointment_type.seats > 1,
        status="completed" if details.took_place else "booked",
        series_id=details.series_id,
        room=tokens.token(),
    )
    booking = Booking(
        appointment=appointment,
        attendances=tuple(
            Attendance(appointment_id=appointment.id, practice_id=practice_id, client_id=client_id)
            for client_id in details.clients
        ),
    )
    action = "appointment.recorded" if details.took_place else "appointment.booked"
    await unit.appointments.add(
        booking, *(AuditEntry(action, appointment.id, record=client_id) for client_id in details.clients)
    )
    return booking


async def find_shared(unit: AppointmentUnit, choice: SlotChoice) -> Appointment | None:
    """The booked shared appointment that is exactly this choice, with any clients."""
    until = choice.starts_at + timedelta.resolution
    found = await unit.shared_appointments.booked(
        choice.appointment_type_id, [choice.clinician_id], choice.starts_at, until
    )
    return next((one for one in found if one.location_id == choice.location_id), None)


async def join_booking(
    unit: AppointmentUnit, booking: Booking, client_id: UUID, appointment_type: AppointmentType, now: datetime
) -> Booking:
    """Add a client to a booked appointment. Its clinician and the client must be locked.

    Raises:
        NotBooked, AlreadyStarted, AlreadyAttending, NoSeatLeft: as `Booking.join`.
        OverlappingAppointment: the client has another appointment at that time.
    """
    known = booking.appointment
    joined = booking.join(client_id, appointment_type.seats, at=now)
    if await unit.appointments.client_busy_times([client_id], known.starts_at, known.ends_at, excluding=known.id):
        raise OverlappingAppointment
    await unit.shared_appointments.join(joined, client_id, AuditEntry("appointment.booked", known.id, record=client_id))
    return joined


async def reschedule_booking(
    unit: AppointmentUnit, booking: Booking, details: BookingDetails, now: datetime, *, fee: Money | None = None
) -> Booking:
    """Check everything again and move the booking; it keeps its old time if the new one is refused.

    Both clinicians and the clients must be locked.

    Raises:
        NotBooked, AlreadyStarted: it is closed, or has started.
        OverlappingAppointment, SlotTaken, OutsideAvailability, TooSoon, TooFar: as `require_free`.
    """
    previous, choice = booking.appointment, details.choice
    moved = booking.reschedule(
        clinician_id=choice.clinician_id,
        location_id=choice.location_id,
        starts_at=choice.starts_at,
        ends_at=details.ends_at,
        time_zone=details.time_zone,
        at=now,
        fee=fee,
    )
    assert previous.calendar_entry_id is not None, "a booked appointment has a calendar entry"
    await require_free(
        unit,
        choice,
        details.appointment_type.timing,
        now,
        clients=details.clients,
        excluding=previous.calendar_entry_id,
        excluding_appointment=previous.id,
        by_staff=details.by_staff,
        outside_hours=details.outside_hours,
    )
    await unit.calendar.change(
        calendar_entry_for(
            choice, details.appointment_type.timing, previous.calendar_entry_id, previous.practice_id, "appointment"
        )
    )
    await unit.appointments.save(
        moved, *(AuditEntry("appointment.rescheduled", previous.id, record=client_id) for client_id in details.clients)
    )
    return moved


async def require_free(
    unit: AppointmentUnit,
    choice: SlotChoice,
    timing: AppointmentTiming,
    now: datetime,
    *,
    clients: Collection[UUID],
    excluding: UUID | None = None,
    excluding_appointment: UUID | None = None,
    by_staff: bool = False,
    outside_hours: bool = False,
    took_place: bool = False,
) -> None:
    """Check that the clinician and the clients are free, ignoring one calendar entry and one appointment.

    Raises:
        OverlappingAppointment: a client has another appointment at that time.
        SlotTaken: the clinician is busy, or the buffer around another appointment is too short.
        OutsideAvailability: the clinician is not available, or clients cannot book a start at that minute.
        TooSoon, TooFar: before the type's minimum notice or after its advance limit; for staff, in the past.
        NotStarted: `took_place` is set and the visit has not started.
        Invalid: a date out of range; with `took_place`, a start more than 30 days ago.
    """
    starts_at, ends_at = choice.starts_at, choice.starts_at + timing.duration
    first_day, last_day = date_range_around(starts_at, ends_at)
    if by_staff:
        timing = evolve(timing, min_notice=ZERO, max_advance_days=MAX_ADVANCE_DAYS)
    # As of its start, so that being in the past is no reason to refuse.
    as_of = starts_at if took_place else now
    own = unit.appointments.client_busy_times(clients, starts_at, ends_at, excluding=excluding_appointment)
    # Buffers are at most a day, so this range finds every entry that can conflict.
    near = unit.calendar.busy([choice.clinician_id], starts_at - DAY, ends_at + DAY, as_of)
    if outside_hours or took_place:
        busy_clients, entries = await unit.read_together(own, near)
        windows = [Window(choice.clinician_id, starts_at, ends_at, "UTC", choice.location_id)]
    else:
        busy_clients, entries, rules, exceptions = await unit.read_together(
            own,
            near,
            unit.availability.rules([choice.clinician_id]),
            unit.availability.exceptions([choice.clinician_id], first_day, last_day),
        )
        windows = [
            one for one in open_windows(rules, exceptions, first_day, last_day) if one.location_id == choice.location_id
        ]
    if busy_clients:
        raise OverlappingAppointment
    if took_place:
        require_started_recently(starts_at, now)
    busy = [one.busy for one in entries if one.id != excluding]
    refusal = slot_refusal(starts_at, timing, windows, busy, as_of)
    if refusal is not None:
        raise REFUSALS[refusal]
    if not by_staff and not on_grid(starts_at, timing, windows):
        raise OutsideAvailability


def require_started_recently(starts_at: datetime, now: datetime) -> None:
    """Check that a visit can be recorded as one that took place.

    Raises:
        NotStarted: it has not started.
        Invalid: it started more than 30 days ago.
    """
    if now < starts_at:
        raise NotStarted
    if starts_at < now - MAX_BACKDATING:
        raise Invalid.at("starts_at", "out_of_range", f"Must be at most {MAX_BACKDATING.days} days ago.")


async def require_seats(unit: AppointmentUnit, appointment_type: AppointmentType, client_ids: Collection[UUID]) -> None:
    """Check that all are active clients of the practice, and no more than the appointment type has seats.

    Raises:
        Invalid: more clients than seats.
        NotFound, ClientDischarged, RecordDestroyed: as `require_active_clients`.
    """
    if len(client_ids) > appointment_type.seats:
        raise Invalid.at("client_ids", "too_many", f"Must be at most {appointment_type.seats} clients.")
    await require_active_clients(unit, client_ids)


async def require_active_clients(unit: AppointmentUnit, client_ids: Collection[UUID]) -> None:
    """Check that all are active clients of the practice. Staff also reactivate a client before they book.

    Raises:
        NotFound: no such client.
        ClientDischarged: one of them was discharged.
        RecordDestroyed: the record of one of them was erased.
    """
    known = await unit.directory.clients(client_ids)
    for client_id in client_ids:
        if client_id not in known:
            raise NotFound("client", client_id)
        require_active_client(known[client_id])


def calendar_entry_for(
    choice: SlotChoice,
    timing: AppointmentTiming,
    entry_id: UUID,
    practice_id: UUID,
    purpose: Purpose,
    expires_in: timedelta | None = None,
    now: datetime | None = None,
) -> CalendarEntry:
    """The calendar entry for the choice; with `expires_in` it expires at the appointment's start at the latest."""
    return CalendarEntry(
        id=entry_id,
        practice_id=practice_id,
        clinician_id=choice.clinician_id,
        starts_at=choice.starts_at,
        ends_at=choice.starts_at + timing.duration,
        buffer_before=timing.buffer_before,
        buffer_after=timing.buffer_after,
        purpose=purpose,
        expires_at=min(now + expires_in, choice.starts_at) if expires_in is not None and now is not None else None,
    )
