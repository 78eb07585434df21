"""What the machine believes of requests, the waitlist and its offers, and series."""

from datetime import date, datetime, timedelta
from uuid import UUID

from attrs import define, field

from portal_core.appointments.settings import Kind
from portal_core.appointments.waiting import FreedSlot
from tests.support.contracts.appointments.reference_model import WALL, Held, Practice


@define
class Asked:
    """A request for a time."""

    id: UUID
    client: UUID
    clinician: UUID | None
    kind: Kind
    place: UUID | None
    since: datetime
    until: datetime
    status: str = "pending"


@define
class Waiting:
    """A place on the waitlist: any weekday, any time of the day."""

    id: UUID
    client: UUID
    clinician: UUID | None
    kind: Kind
    place: UUID | None
    earliest: date
    latest: date
    anywhere: bool = False
    status: str = "waiting"


@define
class Offer:
    """A slot that is kept for somebody."""

    id: UUID
    slot: UUID
    entry: Waiting
    held: Held
    status: str = "open"


@define
class WaitingPractice(Practice):
    """And everything about those who wait."""

    requests: dict[UUID, Asked] = field(factory=dict)
    entries: dict[UUID, Waiting] = field(factory=dict)
    """In the order in which they joined."""
    offers: dict[UUID, Offer] = field(factory=dict)
    series: dict[UUID, list[UUID]] = field(factory=dict)

    def live(self, now: datetime) -> list[Held]:
        """Holds that are not over, and the slots that open offers keep, which are nobody's holds."""
        kept = [one.held for one in self.offers.values() if one.status == "open" and now < one.held.expires]
        return [one for one in self.held.values() if not one.gone and now < one.expires] + kept

    def kept(self, client: UUID, slot: tuple[UUID, Kind, UUID | None, datetime], now: datetime) -> Held | None:
        """Offers name nobody in the calendar, but they are somebody's."""
        offers = [
            one.held
            for one in self.offers.values()
            if one.entry.client == client and one.status == "open" and now < one.held.expires and one.held.slot == slot
        ]
        return super().kept(client, slot, now) or next(iter(offers), None)

    def use(self, held: Held) -> None:
        super().use(held)
        if held.id in self.offers:
            offer = self.offers[held.id]
            offer.status, offer.entry.status = "accepted", "booked"

    def wants_in_vain(self, client: UUID, wish: tuple[Kind, UUID | None, bool, UUID | None], now: datetime) -> bool:
        """Whether they wait for the very same, or in three places, not counting what is past."""
        today = now.astimezone(WALL).date()
        own = [one for one in self.entries.values() if one.client == client and one.status == "waiting"]
        own = [one for one in own if today <= one.latest]
        return len(own) >= 3 or wish in [(one.kind, one.place, one.anywhere, one.clinician) for one in own]

    def next_for(self, slot: FreedSlot, kind: Kind, now: datetime) -> Waiting | None:
        """To whom a freed slot goes, if to anybody."""
        asked = {one.entry.client for one in self.offers.values() if one.slot == slot.id}
        if any(one.slot == slot.id and one.status == "open" for one in self.offers.values()):
            return None
        where = (slot.clinician_id, kind, slot.place_id, slot.starts_at)
        if kind.seats > 1 or slot.starts_at < now + kind.timing.minimum_notice:
            return None
        if self.refusal(*where, [], now, by_staff=True) is not None:
            return None
        day = slot.starts_at.astimezone(WALL).date()
        for one in self.entries.values():
            there = one.anywhere or one.place == slot.place_id
            suits = there and one.kind == kind and one.clinician in (None, slot.clinician_id)
            if not suits or one.status != "waiting" or not one.earliest <= day <= one.latest:
                continue
            busy = any(
                one.client in other.attending
                and other.status == "booked"
                and other.at < until
                and slot.starts_at < other.until
                for other in self.booked.values()
                for until in [slot.starts_at + kind.timing.duration]
            )
            has_one = any(other.entry.client == one.client and other.status == "open" for other in self.offers.values())
            if one.client not in asked and not busy and not has_one and not self.shut(one.client):
                return one
        return None


OFFERED_FOR = timedelta(hours=2)
