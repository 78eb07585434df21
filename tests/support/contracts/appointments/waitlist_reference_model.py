"""The reference model of requests, the waitlist and its offers, and series."""

from datetime import date, datetime, timedelta
from uuid import UUID

from attrs import define, field

from portal_core.appointments.settings import AppointmentType
from portal_core.appointments.waitlist import FreedSlot
from tests.support.contracts.appointments.reference_model import TIME_ZONE, ModelHold, PracticeModel

OFFER_DURATION = timedelta(hours=2)


@define
class ModelRequest:
    """An appointment request."""

    id: UUID
    client: UUID
    clinician: UUID | None
    appointment_type: AppointmentType
    location: UUID | None
    since: datetime
    until: datetime
    status: str = "pending"


@define
class ModelWaitlistEntry:
    """A waitlist entry for any weekday and time of day."""

    id: UUID
    client: UUID
    clinician: UUID | None
    appointment_type: AppointmentType
    location: UUID | None
    earliest_date: date
    latest_date: date
    any_location: bool = False
    status: str = "waiting"


@define
class ModelOffer:
    """A slot reserved for a client by an offer."""

    id: UUID
    slot: UUID
    entry: ModelWaitlistEntry
    hold: ModelHold
    status: str = "open"


@define
class ModelSeries:
    """A series of one client; `planned` are all its dates, and `appointments` what was booked."""

    client: UUID
    clinician: UUID
    appointment_type: AppointmentType
    location: UUID | None
    interval: int
    planned: list[datetime]
    appointments: list[UUID]


@define
class PracticeWithWaitlistModel(PracticeModel):
    """The practice's model with requests, waitlist and series."""

    requests: dict[UUID, ModelRequest] = field(factory=dict)
    entries: dict[UUID, ModelWaitlistEntry] = field(factory=dict)
    """Entries in the order in which they joined."""
    offers: dict[UUID, ModelOffer] = field(factory=dict)
    series: dict[UUID, ModelSeries] = field(factory=dict)

    def active_holds(self, now: datetime) -> list[ModelHold]:
        """Holds that have not expired, and the slots that open offers reserve without a client's hold."""
        offered = [one.hold for one in self.offers.values() if one.status == "open" and now < one.hold.expires]
        return [one for one in self.holds.values() if not one.removed and now < one.expires] + offered

    def matching_hold(
        self, client: UUID, slot: tuple[UUID, AppointmentType, UUID | None, datetime], now: datetime
    ) -> ModelHold | None:
        """Also finds offers, which name no client in the calendar but belong to one."""
        offers = [
            one.hold
            for one in self.offers.values()
            if one.entry.client == client and one.status == "open" and now < one.hold.expires and one.hold.slot == slot
        ]
        return super().matching_hold(client, slot, now) or next(iter(offers), None)

    def consume_hold(self, hold: ModelHold) -> None:
        super().consume_hold(hold)
        if hold.id in self.offers:
            offer = self.offers[hold.id]
            offer.status, offer.entry.status = "accepted", "booked"

    def cannot_join_waitlist(
        self, client: UUID, wanted: tuple[AppointmentType, UUID | None, bool, UUID | None], now: datetime
    ) -> bool:
        """Whether the client has the same entry, or three entries, not counting past ones."""
        today = now.astimezone(TIME_ZONE).date()
        own = [one for one in self.entries.values() if one.client == client and one.status == "waiting"]
        own = [one for one in own if today <= one.latest_date]
        return len(own) >= 3 or wanted in [
            (one.appointment_type, one.location, one.any_location, one.clinician) for one in own
        ]

    def next_entry_for(
        self, slot: FreedSlot, appointment_type: AppointmentType, now: datetime
    ) -> ModelWaitlistEntry | None:
        """The entry that gets the offer of a freed slot, if any."""
        asked_clients = {one.entry.client for one in self.offers.values() if one.slot == slot.id}
        if any(one.slot == slot.id and one.status == "open" for one in self.offers.values()):
            return None
        wanted = (slot.clinician_id, appointment_type, slot.location_id, slot.starts_at)
        if appointment_type.seats > 1 or slot.starts_at < now + appointment_type.timing.min_notice:
            return None
        if self.refusal(*wanted, [], now, by_staff=True) is not None:
            return None
        day = slot.starts_at.astimezone(TIME_ZONE).date()
        for one in self.entries.values():
            location_suits = one.any_location or one.location == slot.location_id
            suits = (
                location_suits
                and one.appointment_type == appointment_type
                and one.clinician in (None, slot.clinician_id)
            )
            if not suits or one.status != "waiting" or not one.earliest_date <= day <= one.latest_date:
                continue
            busy = any(
                one.client in other.busy_clients and other.at < until and slot.starts_at < other.until
                for other in self.appointments.values()
                for until in [slot.starts_at + appointment_type.timing.duration]
            )
            has_open_offer = any(
                other.entry.client == one.client and other.status == "open" for other in self.offers.values()
            )
            if (
                one.client not in asked_clients
                and not busy
                and not has_open_offer
                and not self.discharged_refusal(one.client)
            ):
                return one
        return None
