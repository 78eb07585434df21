"""The reference model of the appointments' state machine: a practice simple enough to verify by reading."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from attrs import define, field

from portal_core.appointments.settings import AppointmentType
from portal_core.kernel.time_zones import zone_info
from tests.support.contracts.appointments.world import ZONE

TIME_ZONE = zone_info(ZONE)
MINUTE = timedelta(minutes=1)


@define
class ModelAttendance:
    """One client's part in a booking; `version` counts the changes visible to them.

    `removed`: the practice took them out. `left` is where the appointment was when they left, if it has moved since.
    """

    status: str = "booked"
    version: int = 0
    fee: bool = False
    removed: bool = False
    left: "tuple[UUID, UUID | None, datetime] | None" = None


@define
class ModelAppointment:
    """An appointment with its clients' attendances."""

    id: UUID
    clinician: UUID
    appointment_type: AppointmentType
    location: UUID | None
    at: datetime
    attendances: dict[UUID, ModelAttendance]
    status: str = "booked"
    sequence: int = 0
    """The number of changes visible to all of its clients."""

    @property
    def until(self) -> datetime:
        return self.at + self.appointment_type.timing.duration

    @property
    def occasion(self) -> tuple[UUID, UUID | None, datetime]:
        return self.clinician, self.location, self.at

    @property
    def attending(self) -> list[UUID]:
        return [client for client, attendance in self.attendances.items() if attendance.status == "booked"]

    @property
    def busy_clients(self) -> set[UUID]:
        """The clients whose time it takes: their part is booked or completed."""
        return {
            client for client, attendance in self.attendances.items() if attendance.status in ("booked", "completed")
        }


@define
class ModelHold:
    """A hold; `removed` once it was booked, released or deleted."""

    id: UUID
    client: UUID
    clinician: UUID
    appointment_type: AppointmentType
    location: UUID | None
    at: datetime
    expires: datetime
    removed: bool = False

    @property
    def slot(self) -> tuple[UUID, AppointmentType, UUID | None, datetime]:
        return self.clinician, self.appointment_type, self.location, self.at


@define
class ModelHours:
    """A clinician's published hours: the same on all five weekdays, at one location."""

    location: UUID | None
    start_hour: int
    end_hour: int


@define
class ModelException:
    """Hours added or removed on one date: added at the location; removed there, or everywhere without one."""

    clinician: UUID
    day: date
    available: bool
    start_hour: int
    end_hour: int
    location: UUID | None

    @property
    def hours(self) -> set[int]:
        return set(range(self.start_hour, self.end_hour))

    def applies_to(self, clinician: UUID, location: UUID | None, day: date) -> bool:
        """Whether it applies to this clinician and location."""
        same_location = self.location == location or (self.location is None and not self.available)
        return same_location and (self.clinician, self.day) == (clinician, day)


@define
class ModelBusyTime:
    """Reserved time of a clinician, with its buffers."""

    clinician: UUID
    at: datetime
    until: datetime
    before: timedelta = timedelta()
    after: timedelta = timedelta()

    def too_close(self, other: "ModelBusyTime") -> bool:
        """Whether the gap between the two is smaller than the larger of their buffers."""
        first, second = sorted((self, other), key=lambda one: one.at)
        return second.at - first.until < max(first.after, second.before)


@define
class PracticeModel:
    """The state that results from all steps so far."""

    cancel_notice: timedelta = timedelta(hours=4)
    late_cancel: str = "refuse"
    max_holds_per_client: int = 2
    hold_duration: timedelta = timedelta(minutes=10)
    hours: dict[UUID, ModelHours] = field(factory=dict)
    appointments: dict[UUID, ModelAppointment] = field(factory=dict)
    holds: dict[UUID, ModelHold] = field(factory=dict)
    exceptions: dict[UUID, ModelException] = field(factory=dict)
    closed: set[UUID | None] = field(factory=set)
    """The closed locations."""
    blocks: dict[UUID, ModelBusyTime] = field(factory=dict)
    discharged: set[UUID] = field(factory=set)

    def discharged_refusal(self, *clients: UUID) -> str | None:
        """The refusal for these clients at any time, if they are discharged."""
        return "client_discharged" if self.discharged.intersection(clients) else None

    def busy_times(self, now: datetime, *, excluding: UUID | None = None) -> list[ModelBusyTime]:
        """All reserved time, except that of one booking or hold."""
        entries = list(self.blocks.values())
        entries += [
            busy_time(one.clinician, one.appointment_type, one.at)
            for one in self.active_appointments()
            if one.id != excluding
        ]
        entries += [
            busy_time(one.clinician, one.appointment_type, one.at)
            for one in self.active_holds(now)
            if one.id != excluding
        ]
        return entries

    def active_appointments(self) -> list[ModelAppointment]:
        """Bookings that have a calendar entry, past ones too."""
        return [one for one in self.appointments.values() if one.status != "cancelled"]

    def active_holds(self, now: datetime) -> list[ModelHold]:
        """Holds that have not expired."""
        return [one for one in self.holds.values() if not one.removed and now < one.expires]

    def matching_hold(
        self, client: UUID, slot: tuple[UUID, AppointmentType, UUID | None, datetime], now: datetime
    ) -> ModelHold | None:
        """This client's own reservation of exactly this slot, if any."""
        return next((one for one in self.active_holds(now) if one.client == client and one.slot == slot), None)

    def consume_hold(self, hold: ModelHold) -> None:
        """Mark the reservation as booked."""
        hold.removed = True

    def refusal(
        self,
        clinician: UUID,
        appointment_type: AppointmentType,
        location: UUID | None,
        at: datetime,
        clients: list[UUID],
        now: datetime,
        *,
        excluding: UUID | None = None,
        by_staff: bool = False,
        moving: bool = False,
    ) -> str | None:
        """The refusal of that time, ignoring one booking or hold; None if it is available.

        `moving`: the practice moves a booked appointment, so a discharge does not matter.
        """
        if not moving and self.discharged_refusal(*clients):
            return self.discharged_refusal(*clients)
        if location in self.closed:
            return "not_bookable"
        until = at + appointment_type.timing.duration
        for one in self.appointments.values():
            overlaps = one.at < until and at < one.until
            if one.id != excluding and overlaps and one.busy_clients & set(clients):
                return "overlapping_appointment"
        if at < now + (timedelta() if by_staff else appointment_type.timing.min_notice):
            return "too_soon"
        wall = at.astimezone(TIME_ZONE)
        opened_at = self.open_since(clinician, location, at, until)
        if opened_at is None:
            return "outside_availability"
        if (
            not by_staff
            and (wall.date() - now.astimezone(TIME_ZONE).date()).days > appointment_type.timing.max_advance_days
        ):
            return "too_far"
        requested = busy_time(clinician, appointment_type, at)
        if any(
            one.clinician == clinician and one.too_close(requested) for one in self.busy_times(now, excluding=excluding)
        ):
            return "slot_taken"
        if not by_staff and (wall - opened_at) % appointment_type.timing.step:
            return "outside_availability"
        return None

    def open_since(self, clinician: UUID, location: UUID | None, at: datetime, until: datetime) -> datetime | None:
        """Since when the clinician has been available, if for the whole time.

        No day of the machine has a change of clocks, and hours are whole.
        """
        first, last = at.astimezone(TIME_ZONE), until.astimezone(TIME_ZONE) - MINUTE
        hours = set[int]()
        exceptions = [one for one in self.exceptions.values() if one.applies_to(clinician, location, first.date())]
        week = self.hours.get(clinician)
        if week is not None and week.location == location and first.weekday() <= 4:
            hours |= set(range(week.start_hour, week.end_hour))
        for one in sorted(exceptions, key=lambda one: not one.available):
            hours = hours | one.hours if one.available else hours - one.hours
        if last.date() != first.date() or not hours.issuperset(range(first.hour, last.hour + 1)):
            return None
        opening_hour = next(hour for hour in range(first.hour, -1, -1) if hour - 1 not in hours)
        return datetime.combine(first.date(), time(opening_hour), TIME_ZONE)

    def change_refusal(self, booking: ModelAppointment, client: UUID, now: datetime) -> str | None:
        """Why a client cannot cancel; None if they can."""
        if booking.status != "booked" or booking.attendances[client].status != "booked":
            return "appointment_not_booked"
        if booking.at <= now:
            return "appointment_started"
        return "late_cancel_refused" if self.is_late(booking, now) and self.late_cancel == "refuse" else None

    def shared_at(
        self, clinician: UUID, appointment_type: AppointmentType, location: UUID | None, at: datetime
    ) -> ModelAppointment | None:
        """The booked appointment with several seats that is exactly this choice."""
        for one in self.appointments.values():
            choice = (one.clinician, one.appointment_type, one.location, one.at)
            if one.status == "booked" and choice == (clinician, appointment_type, location, at):
                return one if appointment_type.seats > 1 else None
        return None

    def join_refusal(self, booking: ModelAppointment, client: UUID) -> str | None:
        """Why the client cannot join a booked appointment that has not started; None if they can."""
        if client in booking.attending:
            return "already_attending"
        if len(booking.attending) >= booking.appointment_type.seats:
            return "no_seat_left"
        return "overlapping_appointment" if self.overlaps(booking, [client]) else None

    def online_join_refusal(self, booking: ModelAppointment, client: UUID, now: datetime) -> str | None:
        """Why the client cannot join it online; None if they can."""
        timing = booking.appointment_type.timing
        if client in booking.attending:
            return "already_attending"
        if client in booking.attendances and booking.attendances[client].removed:
            return "not_bookable"
        if booking.at <= now or booking.at < now + timing.min_notice:
            return "too_soon"
        days = booking.at.astimezone(TIME_ZONE).date() - now.astimezone(TIME_ZONE).date()
        return "too_far" if days.days > timing.max_advance_days else self.join_refusal(booking, client)

    def overlaps(self, booking: ModelAppointment, clients: list[UUID]) -> bool:
        """Whether one of the clients attends another appointment at the time of this one."""
        return any(
            one.at < booking.until and booking.at < one.until and one.busy_clients & set(clients)
            for one in self.appointments.values()
            if one.id != booking.id
        )

    def is_late(self, booking: ModelAppointment, now: datetime) -> bool:
        return now > booking.at - self.cancel_notice


def busy_time(clinician: UUID, appointment_type: AppointmentType, at: datetime) -> ModelBusyTime:
    """The time that an appointment of this type takes."""
    timing = appointment_type.timing
    return ModelBusyTime(clinician, at, at + timing.duration, timing.buffer_before, timing.buffer_after)
