"""The waitlist and its offers in memory."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from attrs import define, evolve

from adapters.memory.appointments.options import load_booking_options, load_clients
from adapters.memory.engine.repository import MemoryClientRepository
from adapters.memory.engine.rows import own_rows, time_zone_at, visible
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.practice_views import PracticeWaitlistEntryView
from portal_core.appointments.read_ports import WaitlistReads
from portal_core.appointments.settings import BookingOptions
from portal_core.appointments.views import WaitlistEntryView, WaitlistOfferView
from portal_core.appointments.waitlist import WaitlistEntry, WaitlistOffer
from portal_core.appointments.waitlist_ports import Waitlist, WaitlistOffers
from portal_core.kernel.page import Page, PageRequest

MAX_EXPIRED_OFFERS = 100
DAY_MARGIN = timedelta(days=1)


@define
class MemoryWaitlist(MemoryClientRepository[WaitlistEntry], Waitlist):
    """Waitlist entries."""

    table = "waitlist_entries"

    async def get(self, client_id: UUID, entry_id: UUID) -> WaitlistEntry | None:
        found = await super().get(client_id, entry_id)
        return None if found is None else _with_current_zone(self.tx, found)

    async def matching(self, appointment_type_id: UUID, on: date) -> list[WaitlistEntry]:
        return [
            one
            for one in _waiting_entries(self.tx)
            if one.appointment_type_id == appointment_type_id
            and one.latest_date >= on - DAY_MARGIN
            and one.earliest_date <= on + DAY_MARGIN
        ]


@define
class MemoryWaitlistReads(WaitlistReads):
    """Views of waitlist entries with names and open offers."""

    tx: MemoryTransaction

    async def of_client(self, client_id: UUID) -> tuple[WaitlistEntryView, ...]:
        return tuple(self._view(one) for one in _waiting_entries(self.tx) if one.client_id == client_id)

    async def list_for_practice(self, on: date, page: PageRequest) -> Page[PracticeWaitlistEntryView]:
        after = page.after_time()
        found = [
            one
            for one in _waiting_entries(self.tx)
            if one.latest_date >= on - DAY_MARGIN and (after is None or _sort_key(one) > after)
        ]
        known = load_clients(self.tx)
        return page.paginate(found, _sort_key).map(
            lambda one: PracticeWaitlistEntryView(
                client_id=one.client_id,
                client_name=known[one.client_id].name,
                client_pronouns=known[one.client_id].pronouns,
                entry=self._view(one),
            )
        )

    def _view(self, entry: WaitlistEntry) -> WaitlistEntryView:
        opened = [one for one in _visible_offers(self.tx) if one.entry_id == entry.id and one.status == "open"]
        # Only the latest offer counts.
        offer = max(opened, key=lambda one: one.offered_at, default=None)
        return _view(entry, offer, load_booking_options(self.tx, None))


@define
class MemoryWaitlistOffers(MemoryClientRepository[WaitlistOffer], WaitlistOffers):
    """Offers of freed slots."""

    table = "waitlist_offers"

    async def of_slot(self, freed_slot_id: UUID) -> list[WaitlistOffer]:
        found = (one for one in self._rows() if one.freed_slot_id == freed_slot_id)
        return sorted(found, key=lambda one: (one.offered_at, one.id))

    async def expired(self, now: datetime) -> list[WaitlistOffer]:
        found = (one for one in self._rows() if one.status == "open" and one.expires_at <= now)
        return sorted(found, key=lambda one: (one.expires_at, one.id))[:MAX_EXPIRED_OFFERS]


def _visible_entries(tx: MemoryTransaction) -> list[WaitlistEntry]:
    rows: Iterable[WaitlistEntry] = own_rows(tx, "waitlist_entries")
    return sorted((_with_current_zone(tx, one) for one in rows if visible(tx, one.client_id)), key=_sort_key)


def _with_current_zone(tx: MemoryTransaction, entry: WaitlistEntry) -> WaitlistEntry:
    return evolve(entry, time_zone=time_zone_at(tx, entry.location_id))


def _waiting_entries(tx: MemoryTransaction) -> list[WaitlistEntry]:
    return [one for one in _visible_entries(tx) if one.status == "waiting"]


def _sort_key(entry: WaitlistEntry) -> tuple[datetime, UUID]:
    return entry.joined_at, entry.id


def _visible_offers(tx: MemoryTransaction) -> list[WaitlistOffer]:
    return [one for one in own_rows(tx, "waitlist_offers") if visible(tx, one.client_id)]


def _view(entry: WaitlistEntry, offer: WaitlistOffer | None, booking_options: BookingOptions) -> WaitlistEntryView:
    clinician = booking_options.clinicians.get(entry.clinician_id) if entry.clinician_id else None
    return WaitlistEntryView(
        id=entry.id,
        status=entry.status,
        appointment_type_id=entry.appointment_type_id,
        appointment_type_name=booking_options.appointment_types[entry.appointment_type_id].name,
        location_id=entry.location_id,
        any_location=entry.any_location,
        clinician_id=entry.clinician_id,
        clinician_name=clinician.name if clinician else None,
        earliest_date=entry.earliest_date,
        latest_date=entry.latest_date,
        weekdays=tuple(sorted(entry.weekdays)),
        from_time=entry.from_time,
        until_time=entry.until_time,
        time_zone=entry.time_zone,
        joined_at=entry.joined_at,
        offer=_offer_view(offer, booking_options) if offer else None,
        version=entry.version,
    )


def _offer_view(offer: WaitlistOffer, booking_options: BookingOptions) -> WaitlistOfferView:
    return WaitlistOfferView(
        id=offer.id,
        entry_id=offer.entry_id,
        status=offer.status,
        clinician_id=offer.clinician_id,
        clinician_name=booking_options.clinicians[offer.clinician_id].name,
        appointment_type_id=offer.appointment_type_id,
        location_id=offer.location_id,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        expires_at=offer.expires_at,
        version=offer.version,
    )
