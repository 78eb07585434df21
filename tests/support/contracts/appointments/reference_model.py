"""What the appointments' state machine believes: a practice so simple that one can see it is right."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import define, field

from portal_core.appointments.settings import AppointmentType
from tests.support.contracts.appointments.world import ZONE

TIME_ZONE = ZoneInfo(ZONE)
MINUTE = timedelta(minutes=1)


@define
class ModelAttendance:
    """One client's part in a booking; `seen` counts the changes that they could see."""

    status: str = "booked"
    seen: int = 0
    fee: bool = False


@define
class ModelAppointment:
    """An appointment."""

    id: UUID
    clinician: UUID
    appointment_type: AppointmentType
    location: UUID | None
    at: datetime
    parts: dict[UUID, ModelAttendance]
    status: str = "booked"

    @property
    def until(self) -> datetime:
        return self.at + self.appointment_type.timing.duration

    @property
    def attending(self) -> list[UUID]:
        return [client for client, part in self.parts.items() if part.status == "booked"]

    @property
    def there(self) -> set[UUID]:
        """Who is or was in it, and in nothing else at that time."""
        return {client for client, part in self.parts.items() if part.status in ("booked", "completed")}


@define
class ModelHold:
    """A hold; `gone` once it was booked, released or forgotten."""

    id: UUID
    client: UUID
    clinician: UUID
    appointment_type: AppointmentType
    location: UUID | None
    at: datetime
    expires: datetime
    gone: bool = False

    @property
    def slot(self) -> tuple[UUID, AppointmentType, UUID | None, datetime]:
        return self.clinician, self.appointment_type, self.location, self.at


@define
class ModelHours:
    """What a clinician publishes: the same hours on all five weekdays, at one place."""

    location: UUID | None
    start_time: int
    end_time: int


@define
class ModelException:
    """Hours more or fewer on one date: more at the place, fewer there, or everywhere when that is none."""

    clinician: UUID
    day: date
    available: bool
    start_time: int
    end_time: int
    location: UUID | None

    @property
    def hours(self) -> set[int]:
        return set(range(self.start_time, self.end_time))

    def at(self, clinician: UUID, location: UUID | None, day: date) -> bool:
        """Whether it is about them."""
        there = self.location == location or (self.location is None and not self.available)
        return there and (self.clinician, self.day) == (clinician, day)


@define
class BusyTime:
    """Time of a clinician, with what must be free around it."""

    clinician: UUID
    at: datetime
    until: datetime
    before: timedelta = timedelta()
    after: timedelta = timedelta()

    def too_close(self, other: "BusyTime") -> bool:
        """Whether the two leave less than the larger of their buffers between them."""
        first, second = sorted((self, other), key=lambda one: one.at)
        return second.at - first.until < max(first.after, second.before)


@define
class PracticeModel:
    """Everything that the machine has done."""

    notice: timedelta = timedelta(hours=4)
    late: str = "refuse"
    max_holds_per_client: int = 2
    hold_duration: timedelta = timedelta(minutes=10)
    hours: dict[UUID, ModelHours] = field(factory=dict)
    booked: dict[UUID, ModelAppointment] = field(factory=dict)
    held: dict[UUID, ModelHold] = field(factory=dict)
    exceptions: dict[UUID, ModelException] = field(factory=dict)
    closed: set[UUID | None] = field(factory=set)
    """Places."""
    blocks: dict[UUID, BusyTime] = field(factory=dict)
    discharged: set[UUID] = field(factory=set)

    def discharged_refusal(self, *clients: UUID) -> str | None:
        """Why nothing new is to be had for these, whatever the time."""
        return "client_discharged" if self.discharged.intersection(clients) else None

    def taken(self, now: datetime, *, but: UUID | None = None) -> list[BusyTime]:
        """All time that is taken, except by one booking or hold."""
        entries = list(self.blocks.values())
        entries += [
            taken(one.clinician, one.appointment_type, one.at) for one in self.active_appointments() if one.id != but
        ]
        entries += [taken(one.clinician, one.appointment_type, one.at) for one in self.live_holds(now) if one.id != but]
        return entries

    def active_appointments(self) -> list[ModelAppointment]:
        """Bookings that have their time, past ones too."""
        return [one for one in self.booked.values() if one.status != "cancelled"]

    def live_holds(self, now: datetime) -> list[ModelHold]:
        """Holds that are not over."""
        return [one for one in self.held.values() if not one.gone and now < one.expires]

    def matching_hold(
        self, client: UUID, slot: tuple[UUID, AppointmentType, UUID | None, datetime], now: datetime
    ) -> ModelHold | None:
        """What keeps the very slot for this client, if anything does."""
        return next((one for one in self.live_holds(now) if one.client == client and one.slot == slot), None)

    def consume_hold(self, held: ModelHold) -> None:
        """It was booked."""
        held.gone = True

    def refusal(
        self,
        clinician: UUID,
        appointment_type: AppointmentType,
        location: UUID | None,
        at: datetime,
        clients: list[UUID],
        now: datetime,
        *,
        but: UUID | None = None,
        by_staff: bool = False,
        moving: bool = False,
    ) -> str | None:
        """Why that time is not to be had, leaving one booking or hold aside; None when it is.

        `moving`: the practice moves what was booked, so that it does not matter whether a client was discharged.
        """
        if not moving and self.discharged_refusal(*clients):
            return self.discharged_refusal(*clients)
        if location in self.closed:
            return "not_bookable"
        until = at + appointment_type.timing.duration
        for one in self.booked.values():
            overlaps = one.at < until and at < one.until
            if one.id != but and overlaps and one.there & set(clients):
                return "overlapping_appointment"
        if at < now + (timedelta() if by_staff else appointment_type.timing.min_notice):
            return "too_soon"
        wall = at.astimezone(TIME_ZONE)
        opened = self.opened(clinician, location, at, until)
        if opened is None:
            return "outside_availability"
        if (
            not by_staff
            and (wall.date() - now.astimezone(TIME_ZONE).date()).days > appointment_type.timing.max_advance_days
        ):
            return "too_far"
        wanted = taken(clinician, appointment_type, at)
        if any(one.clinician == clinician and one.too_close(wanted) for one in self.taken(now, but=but)):
            return "slot_taken"
        if not by_staff and (wall - opened) % appointment_type.timing.step:
            return "outside_availability"
        return None

    def opened(self, clinician: UUID, location: UUID | None, at: datetime, until: datetime) -> datetime | None:
        """Since when the clinician has been there, if for the whole time; no day of the machine's has a change of
        clocks, and hours are whole."""
        start_time, end_time = at.astimezone(TIME_ZONE), until.astimezone(TIME_ZONE) - MINUTE
        hours, subject_id = (
            set[int](),
            [one for one in self.exceptions.values() if one.at(clinician, location, start_time.date())],
        )
        week = self.hours.get(clinician)
        if week is not None and week.location == location and start_time.weekday() <= 4:
            hours |= set(range(week.start_time, week.end_time))
        for one in sorted(subject_id, key=lambda one: not one.available):
            hours = hours | one.hours if one.available else hours - one.hours
        if end_time.date() != start_time.date() or not hours.issuperset(range(start_time.hour, end_time.hour + 1)):
            return None
        first = next(hour for hour in range(start_time.hour, -1, -1) if hour - 1 not in hours)
        return datetime.combine(start_time.date(), time(first), TIME_ZONE)

    def change_refusal(self, booking: ModelAppointment, client: UUID, now: datetime) -> str | None:
        """Why a client may not cancel; None when they may."""
        if booking.status != "booked" or (booking.at > now and booking.parts[client].status != "booked"):
            return "appointment_not_booked"
        if booking.at <= now:
            return "appointment_started"
        return "late_cancel_refused" if self.is_late(booking, now) and self.late == "refuse" else None

    def is_late(self, booking: ModelAppointment, now: datetime) -> bool:
        return now > booking.at - self.notice


def taken(clinician: UUID, appointment_type: AppointmentType, at: datetime) -> BusyTime:
    """The time that an appointment of the kind takes."""
    timing = appointment_type.timing
    return BusyTime(clinician, at, at + timing.duration, timing.buffer_before, timing.buffer_after)
