"""The waitlist and its offers in memory."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from attrs import define

from adapters.memory.appointments.options import people, schedule
from adapters.memory.engine.rows import confine, own_key, own_rows, visible
from adapters.memory.engine.store import MemoryTransaction
from portal_core.appointments.ports import Waitlist, WaitlistOffers
from portal_core.appointments.ports_reads import WaitlistReads
from portal_core.appointments.settings import Schedule
from portal_core.appointments.views import OfferView, WaitlistView
from portal_core.appointments.views_practice import PracticeWaitlistView
from portal_core.appointments.waiting import WaitlistEntry, WaitlistOffer
from portal_core.kernel.audit import Audited
from portal_core.kernel.page import Page, PageRequest

MOST_EXPIRED = 100
SLACK = timedelta(days=1)


@define
class MemoryWaitlist(Waitlist):
    """Who waits for what."""

    tx: MemoryTransaction

    async def add(self, entry: WaitlistEntry, audited: Audited) -> None:
        confine(self.tx, entry.client_id)
        self.tx.insert("waitlist_entries", own_key(self.tx, entry.id), entry)
        await self.tx.audit.record(audited)

    async def get(self, client_id: UUID, entry_id: UUID) -> WaitlistEntry | None:
        return next((one for one in _seen(self.tx) if one.id == entry_id and one.client_id == client_id), None)

    async def save(self, entry: WaitlistEntry, audited: Audited) -> None:
        confine(self.tx, entry.client_id)
        self.tx.save("waitlist_entries", own_key(self.tx, entry.id), entry)
        await self.tx.audit.record(audited)

    async def waiting(self, kind_id: UUID, on: date) -> list[WaitlistEntry]:
        return [
            one
            for one in _waiting(self.tx)
            if one.kind_id == kind_id and one.latest >= on - SLACK and one.earliest <= on + SLACK
        ]


@define
class MemoryWaitlistReads(WaitlistReads):
    """Places with the names and the open offers beside them."""

    tx: MemoryTransaction

    async def of_client(self, client_id: UUID) -> tuple[WaitlistView, ...]:
        return tuple(self._view(one) for one in _waiting(self.tx) if one.client_id == client_id)

    async def list_for_practice(self, on: date, page: PageRequest) -> Page[PracticeWaitlistView]:
        after = page.after_time()
        found = [
            one
            for one in _waiting(self.tx)
            if one.latest >= on - SLACK and (after is None or _place_in_order(one) > after)
        ]
        known = people(self.tx)
        return page.cut(found, _place_in_order).map(
            lambda one: PracticeWaitlistView(
                client_id=one.client_id,
                client_name=known[one.client_id].name,
                client_pronouns=known[one.client_id].pronouns,
                entry=self._view(one),
            )
        )

    def _view(self, entry: WaitlistEntry) -> WaitlistView:
        opened = [one for one in _offers(self.tx) if one.entry_id == entry.id and one.status == "open"]
        # The latest is the one that counts.
        offer = max(opened, key=lambda one: one.offered_at, default=None)
        return _view(entry, offer, schedule(self.tx, None))


@define
class MemoryWaitlistOffers(WaitlistOffers):
    """To whom freed slots were offered."""

    tx: MemoryTransaction

    async def add(self, offer: WaitlistOffer, audited: Audited) -> None:
        confine(self.tx, offer.client_id)
        self.tx.insert("waitlist_offers", own_key(self.tx, offer.id), offer)
        await self.tx.audit.record(audited)

    async def get(self, client_id: UUID, offer_id: UUID) -> WaitlistOffer | None:
        return next((one for one in _offers(self.tx) if one.id == offer_id and one.client_id == client_id), None)

    async def save(self, offer: WaitlistOffer, audited: Audited) -> None:
        confine(self.tx, offer.client_id)
        self.tx.save("waitlist_offers", own_key(self.tx, offer.id), offer)
        await self.tx.audit.record(audited)

    async def of_slot(self, freed_slot_id: UUID) -> list[WaitlistOffer]:
        found = (one for one in _offers(self.tx) if one.freed_slot_id == freed_slot_id)
        return sorted(found, key=lambda one: (one.offered_at, one.id))

    async def expired(self, now: datetime) -> list[WaitlistOffer]:
        found = (one for one in _offers(self.tx) if one.status == "open" and one.expires_at <= now)
        return sorted(found, key=lambda one: (one.expires_at, one.id))[:MOST_EXPIRED]


def _seen(tx: MemoryTransaction) -> list[WaitlistEntry]:
    rows: Iterable[WaitlistEntry] = own_rows(tx, "waitlist_entries")
    return sorted((one for one in rows if visible(tx, one.client_id)), key=_place_in_order)


def _waiting(tx: MemoryTransaction) -> list[WaitlistEntry]:
    return [one for one in _seen(tx) if one.status == "waiting"]


def _place_in_order(entry: WaitlistEntry) -> tuple[datetime, UUID]:
    return entry.joined_at, entry.id


def _offers(tx: MemoryTransaction) -> list[WaitlistOffer]:
    return [one for one in own_rows(tx, "waitlist_offers") if visible(tx, one.client_id)]


def _view(entry: WaitlistEntry, offer: WaitlistOffer | None, offered: Schedule) -> WaitlistView:
    clinician = offered.clinicians.get(entry.clinician_id) if entry.clinician_id else None
    return WaitlistView(
        id=entry.id,
        status=entry.status,
        kind_id=entry.kind_id,
        kind_name=offered.kinds[entry.kind_id].name,
        place_id=entry.place_id,
        anywhere=entry.anywhere,
        clinician_id=entry.clinician_id,
        clinician_name=clinician.name if clinician else "",
        earliest=entry.earliest,
        latest=entry.latest,
        weekdays=tuple(sorted(entry.weekdays)),
        from_time=entry.from_time,
        until_time=entry.until_time,
        zone=entry.zone,
        joined_at=entry.joined_at,
        offer=_offer_view(offer, offered) if offer else None,
        version=entry.version,
    )


def _offer_view(offer: WaitlistOffer, offered: Schedule) -> OfferView:
    return OfferView(
        id=offer.id,
        entry_id=offer.entry_id,
        status=offer.status,
        clinician_id=offer.clinician_id,
        clinician_name=offered.clinicians[offer.clinician_id].name,
        kind_id=offer.kind_id,
        place_id=offer.place_id,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        expires_at=offer.expires_at,
        version=offer.version,
    )
