"""Taking time in a clinician's calendar: what every way of booking shares. Call it under the calendar's lock."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.appointments.errors import NotStarted, OutsideAvailability, OwnOverlap, SlotTaken, TooFar, TooSoon
from portal_core.appointments.model import Appointment, Attendance, Booking, CalendarEntry, Purpose
from portal_core.appointments.policy import require_in_care
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.availability import Window, days_around, open_windows
from portal_core.appointments.scheduling.durations import LONGEST_ADVANCE_DAYS, ZERO, KindTiming
from portal_core.appointments.scheduling.slots import Refusal, fits, on_grid
from portal_core.appointments.scheduling.wall_clock import DAY, aware
from portal_core.appointments.settings import Clinician, Kind
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import Conflict, Invalid, NotFound
from portal_core.kernel.money import Money
from portal_core.kernel.sources import IdSource, TokenSource

LONGEST_AFTERWARDS = 30 * DAY
"""How long after its start a visit may still be entered: a month's accounts, say. No standard asks for a length."""
REFUSALS: Final[Mapping[Refusal, type[Conflict]]] = {
    Refusal.TOO_SOON: TooSoon,
    Refusal.TOO_FAR: TooFar,
    Refusal.OUTSIDE_AVAILABILITY: OutsideAvailability,
    Refusal.TAKEN: SlotTaken,
}


def once_each(client_ids: Iterable[UUID]) -> tuple[UUID, ...]:
    """An attrs converter: nobody comes twice."""
    return tuple(dict.fromkeys(client_ids))


@frozen(kw_only=True)
class SlotChoice:
    """A time with a clinician for a kind of appointment. No place is telehealth.

    Raises:
        Invalid: a time without an offset.
    """

    clinician_id: UUID
    kind_id: UUID
    place_id: UUID | None = None
    starts_at: datetime = field(converter=aware)


@frozen(kw_only=True)
class Order:
    """What is to be booked for whom; the kind and clinician are those of the choice, found bookable.

    `held` is the calendar entry that keeps the time already. `by_staff` waives notice, advance and the grid of
    starts, `outside_hours` the clinician's availability as well; nobody is ever booked over somebody else. What
    `took_place` has begun, and is completed as soon as it is written down.
    """

    choice: SlotChoice
    kind: Kind
    clinician: Clinician
    zone: str
    clients: tuple[UUID, ...]
    held: UUID | None = None
    series_id: UUID | None = None
    by_staff: bool = False
    outside_hours: bool = False
    took_place: bool = False

    @property
    def ends_at(self) -> datetime:
        return self.choice.starts_at + self.kind.timing.duration


async def place_booking(
    unit: AppointmentUnit, order: Order, ids: IdSource, tokens: TokenSource, practice_id: UUID, now: datetime
) -> Booking:
    """Check everything again, take the time, and add the appointment. The clinician and the clients are locked.

    Raises:
        OwnOverlap: a client is somewhere else then.
        SlotTaken, OutsideAvailability, TooSoon, TooFar: as `require_free`.
    """
    await require_to_be_had(unit, order, now)
    return await take_time(unit, order, ids, tokens, practice_id, now)


async def require_to_be_had(unit: AppointmentUnit, order: Order, now: datetime) -> None:
    """That what is ordered can be booked, leaving aside what keeps it already.

    Raises:
        OwnOverlap, SlotTaken, OutsideAvailability, TooSoon, TooFar: as `require_free`.
    """
    await require_free(
        unit,
        order.choice,
        order.kind.timing,
        now,
        clients=order.clients,
        apart_from=order.held,
        by_staff=order.by_staff,
        outside_hours=order.outside_hours,
        took_place=order.took_place,
    )


async def take_time(
    unit: AppointmentUnit, order: Order, ids: IdSource, tokens: TokenSource, practice_id: UUID, now: datetime
) -> Booking:
    """Take the time of what can be had, and add the appointment.

    Raises:
        SlotTaken: it was taken after all.
    """
    choice, kind = order.choice, order.kind
    entry = entry_for(choice, kind.timing, order.held or ids.new(), practice_id, "appointment")
    await (unit.calendar.change(entry) if order.held else unit.calendar.occupy(entry))
    appointment = Appointment(
        id=ids.new(),
        practice_id=practice_id,
        clinician_id=choice.clinician_id,
        kind_id=choice.kind_id,
        place_id=choice.place_id,
        starts_at=choice.starts_at,
        ends_at=order.ends_at,
        zone=order.zone,
        calendar_entry_id=entry.id,
        attending=len(order.clients),
        booked_at=now,
        changed_at=now,
        shared=kind.seats > 1,
        status="completed" if order.took_place else "booked",
        series_id=order.series_id,
        room=tokens.token() if choice.place_id is None else "",
    )
    booking = Booking(
        appointment=appointment,
        attendances=tuple(
            Attendance(appointment_id=appointment.id, practice_id=practice_id, client_id=client_id)
            for client_id in order.clients
        ),
    )
    action = "appointment.recorded" if order.took_place else "appointment.booked"
    await unit.appointments.add(
        booking, *(Audited(action, appointment.id, record=client_id) for client_id in order.clients)
    )
    return booking


async def move_booking(
    unit: AppointmentUnit, booking: Booking, order: Order, now: datetime, *, fee: Money | None = None
) -> Booking:
    """Check everything again and move the booking; its old time is given up only if it has the new one.

    Both clinicians and the clients are locked.

    Raises:
        NotBooked, AlreadyStarted: it is closed, or has begun.
        OwnOverlap, SlotTaken, OutsideAvailability, TooSoon, TooFar: as `require_free`.
    """
    was, choice = booking.appointment, order.choice
    moved = booking.move(
        clinician_id=choice.clinician_id,
        place_id=choice.place_id,
        starts_at=choice.starts_at,
        ends_at=order.ends_at,
        zone=order.zone,
        at=now,
        fee=fee,
    )
    assert was.calendar_entry_id is not None, "what is booked has its time"
    await require_free(
        unit,
        choice,
        order.kind.timing,
        now,
        clients=order.clients,
        apart_from=was.calendar_entry_id,
        moving=was.id,
        by_staff=order.by_staff,
        outside_hours=order.outside_hours,
    )
    await unit.calendar.change(
        entry_for(choice, order.kind.timing, was.calendar_entry_id, was.practice_id, "appointment")
    )
    await unit.appointments.save(
        moved, *(Audited("appointment.rescheduled", was.id, record=client_id) for client_id in order.clients)
    )
    return moved


async def require_free(
    unit: AppointmentUnit,
    choice: SlotChoice,
    timing: KindTiming,
    now: datetime,
    *,
    clients: Collection[UUID],
    apart_from: UUID | None = None,
    moving: UUID | None = None,
    by_staff: bool = False,
    outside_hours: bool = False,
    took_place: bool = False,
) -> None:
    """That the clinician and the clients have that time, leaving aside one calendar entry and one appointment.

    Raises:
        OwnOverlap: a client is somewhere else then.
        SlotTaken: the clinician is, or too close to it.
        OutsideAvailability: the clinician is not open for it, or not from that minute on.
        TooSoon, TooFar: before the notice or after the advance of the kind; for staff, in the past.
        NotStarted: of what `took_place`: it has not begun.
        Invalid: a date out of all bounds; what `took_place`, more than 30 days ago.
    """
    starts_at, ends_at = choice.starts_at, choice.starts_at + timing.duration
    first_day, last_day = days_around(starts_at, ends_at)
    if by_staff:
        timing = evolve(timing, minimum_notice=ZERO, maximum_advance_days=LONGEST_ADVANCE_DAYS)
    if await unit.appointments.clients_busy(clients, starts_at, ends_at, apart_from=moving):
        raise OwnOverlap
    if outside_hours:
        windows = [Window(choice.clinician_id, starts_at, ends_at, "UTC", choice.place_id)]
    else:
        rules = await unit.availability.rules([choice.clinician_id])
        exceptions = await unit.availability.exceptions([choice.clinician_id], first_day, last_day)
        windows = [
            one for one in open_windows(rules, exceptions, first_day, last_day) if one.place_id == choice.place_id
        ]
    if took_place:
        require_lately_begun(starts_at, now)
        # Judged as of its start: the past refuses nothing else.
        now = starts_at
    # No buffer is longer than a day.
    near = await unit.calendar.busy([choice.clinician_id], starts_at - DAY, ends_at + DAY, now)
    refusal = fits(starts_at, timing, windows, [one.busy for one in near if one.id != apart_from], now)
    if refusal is not None:
        raise REFUSALS[refusal]
    if not by_staff and not on_grid(starts_at, timing, windows):
        raise OutsideAvailability


def require_lately_begun(starts_at: datetime, now: datetime) -> None:
    """That a visit may be written down as one that took place.

    Raises:
        NotStarted: it has not begun.
        Invalid: it began more than 30 days ago.
    """
    if now < starts_at:
        raise NotStarted
    if starts_at < now - LONGEST_AFTERWARDS:
        raise Invalid.at("starts_at", "out_of_range", f"At most {LONGEST_AFTERWARDS.days} days afterwards.")


async def require_seats(unit: AppointmentUnit, kind: Kind, client_ids: Collection[UUID]) -> None:
    """That these are clients in the practice's care, and not too many for the kind.

    Raises:
        Invalid: more than it has seats.
        NotFound, ClientDischarged: as `require_clients`.
    """
    if len(client_ids) > kind.seats:
        raise Invalid.at("client_ids", "too_many", f"This kind of appointment has {kind.seats} seats.")
    await require_clients(unit, client_ids)


async def require_clients(unit: AppointmentUnit, client_ids: Collection[UUID]) -> None:
    """That these are clients in the practice's care: staff too make one active again before they book.

    Raises:
        NotFound: no such client.
        ClientDischarged: one of them was discharged.
    """
    known = await unit.directory.clients(client_ids)
    for client_id in client_ids:
        if client_id not in known:
            raise NotFound("client", client_id)
        require_in_care(known[client_id])


def entry_for(
    choice: SlotChoice,
    timing: KindTiming,
    entry_id: UUID,
    practice_id: UUID,
    purpose: Purpose,
    lasts: timedelta | None = None,
    now: datetime | None = None,
) -> CalendarEntry:
    """The calendar entry for the choice; one that lasts only a while is over at its start at the latest."""
    return CalendarEntry(
        id=entry_id,
        practice_id=practice_id,
        clinician_id=choice.clinician_id,
        starts_at=choice.starts_at,
        ends_at=choice.starts_at + timing.duration,
        buffer_before=timing.buffer_before,
        buffer_after=timing.buffer_after,
        purpose=purpose,
        expires_at=min(now + lasts, choice.starts_at) if lasts is not None and now is not None else None,
    )
