"""What the appointments' state machine believes: a practice so simple that one can see it is right."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import define, field

from portal_core.appointments.settings import Kind
from tests.support.contracts.appointments.world import ZONE

WALL = ZoneInfo(ZONE)
MINUTE = timedelta(minutes=1)


@define
class Part:
    """One client's part in a booking; `seen` counts the changes that they could see."""

    status: str = "booked"
    seen: int = 0
    fee: bool = False


@define
class Booked:
    """An appointment."""

    id: UUID
    clinician: UUID
    kind: Kind
    place: UUID | None
    at: datetime
    parts: dict[UUID, Part]
    status: str = "booked"

    @property
    def until(self) -> datetime:
        return self.at + self.kind.timing.duration

    @property
    def attending(self) -> list[UUID]:
        return [client for client, part in self.parts.items() if part.status == "booked"]

    @property
    def there(self) -> set[UUID]:
        """Who is or was in it, and in nothing else at that time."""
        return {client for client, part in self.parts.items() if part.status in ("booked", "completed")}


@define
class Held:
    """A hold; `gone` once it was booked, released or forgotten."""

    id: UUID
    client: UUID
    clinician: UUID
    kind: Kind
    place: UUID | None
    at: datetime
    expires: datetime
    gone: bool = False

    @property
    def slot(self) -> tuple[UUID, Kind, UUID | None, datetime]:
        return self.clinician, self.kind, self.place, self.at


@define
class Hours:
    """What a clinician publishes: the same hours on all five weekdays, at one place."""

    place: UUID | None
    starts: int
    ends: int


@define
class Differs:
    """Hours more or fewer on one date: more at the place, fewer there, or everywhere when that is none."""

    clinician: UUID
    day: date
    opens: bool
    starts: int
    ends: int
    place: UUID | None

    @property
    def hours(self) -> set[int]:
        return set(range(self.starts, self.ends))

    def at(self, clinician: UUID, place: UUID | None, day: date) -> bool:
        """Whether it is about them."""
        there = self.place == place or (self.place is None and not self.opens)
        return there and (self.clinician, self.day) == (clinician, day)


@define
class Taken:
    """Time of a clinician, with what must be free around it."""

    clinician: UUID
    at: datetime
    until: datetime
    before: timedelta = timedelta()
    after: timedelta = timedelta()

    def too_close(self, other: "Taken") -> bool:
        """Whether the two leave less than the larger of their buffers between them."""
        first, second = sorted((self, other), key=lambda one: one.at)
        return second.at - first.until < max(first.after, second.before)


@define
class Practice:
    """Everything that the machine has done."""

    notice: timedelta = timedelta(hours=4)
    late: str = "refuse"
    holds_per_client: int = 2
    hold_for: timedelta = timedelta(minutes=10)
    hours: dict[UUID, Hours] = field(factory=dict)
    booked: dict[UUID, Booked] = field(factory=dict)
    held: dict[UUID, Held] = field(factory=dict)
    differing: dict[UUID, Differs] = field(factory=dict)
    closed: set[UUID | None] = field(factory=set)
    """Places."""
    blocks: dict[UUID, Taken] = field(factory=dict)
    discharged: set[UUID] = field(factory=set)

    def shut(self, *clients: UUID) -> str | None:
        """Why nothing new is to be had for these, whatever the time."""
        return "client_discharged" if self.discharged.intersection(clients) else None

    def taken(self, now: datetime, *, but: UUID | None = None) -> list[Taken]:
        """All time that is taken, except by one booking or hold."""
        entries = list(self.blocks.values())
        entries += [taken(one.clinician, one.kind, one.at) for one in self.standing() if one.id != but]
        entries += [taken(one.clinician, one.kind, one.at) for one in self.live(now) if one.id != but]
        return entries

    def standing(self) -> list[Booked]:
        """Bookings that have their time, past ones too."""
        return [one for one in self.booked.values() if one.status != "cancelled"]

    def live(self, now: datetime) -> list[Held]:
        """Holds that are not over."""
        return [one for one in self.held.values() if not one.gone and now < one.expires]

    def kept(self, client: UUID, slot: tuple[UUID, Kind, UUID | None, datetime], now: datetime) -> Held | None:
        """What keeps the very slot for this client, if anything does."""
        return next((one for one in self.live(now) if one.client == client and one.slot == slot), None)

    def use(self, held: Held) -> None:
        """It was booked."""
        held.gone = True

    def refusal(
        self,
        clinician: UUID,
        kind: Kind,
        place: UUID | None,
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
        if not moving and self.shut(*clients):
            return self.shut(*clients)
        if place in self.closed:
            return "not_bookable"
        until = at + kind.timing.duration
        for one in self.booked.values():
            overlaps = one.at < until and at < one.until
            if one.id != but and overlaps and one.there & set(clients):
                return "own_overlap"
        if at < now + (timedelta() if by_staff else kind.timing.minimum_notice):
            return "too_soon"
        wall = at.astimezone(WALL)
        opened = self.opened(clinician, place, at, until)
        if opened is None:
            return "outside_availability"
        if not by_staff and (wall.date() - now.astimezone(WALL).date()).days > kind.timing.maximum_advance_days:
            return "too_far"
        wish = taken(clinician, kind, at)
        if any(one.clinician == clinician and one.too_close(wish) for one in self.taken(now, but=but)):
            return "slot_taken"
        if not by_staff and (wall - opened) % kind.timing.step:
            return "outside_availability"
        return None

    def opened(self, clinician: UUID, place: UUID | None, at: datetime, until: datetime) -> datetime | None:
        """Since when the clinician has been there, if for the whole time; no day of the machine's has a change of
        clocks, and hours are whole."""
        starts, ends = at.astimezone(WALL), until.astimezone(WALL) - MINUTE
        hours, about = set[int](), [one for one in self.differing.values() if one.at(clinician, place, starts.date())]
        week = self.hours.get(clinician)
        if week is not None and week.place == place and starts.weekday() <= 4:
            hours |= set(range(week.starts, week.ends))
        for one in sorted(about, key=lambda one: not one.opens):
            hours = hours | one.hours if one.opens else hours - one.hours
        if ends.date() != starts.date() or not hours.issuperset(range(starts.hour, ends.hour + 1)):
            return None
        first = next(hour for hour in range(starts.hour, -1, -1) if hour - 1 not in hours)
        return datetime.combine(starts.date(), time(first), WALL)

    def change_refusal(self, booking: Booked, client: UUID, now: datetime) -> str | None:
        """Why a client may not cancel; None when they may."""
        if booking.status != "booked" or (booking.at > now and booking.parts[client].status != "booked"):
            return "appointment_not_booked"
        if booking.at <= now:
            return "appointment_started"
        return "late_cancel_refused" if self.is_late(booking, now) and self.late == "refuse" else None

    def is_late(self, booking: Booked, now: datetime) -> bool:
        return now > booking.at - self.notice


def taken(clinician: UUID, kind: Kind, at: datetime) -> Taken:
    """The time that an appointment of the kind takes."""
    timing = kind.timing
    return Taken(clinician, at, at + timing.duration, timing.buffer_before, timing.buffer_after)
