"""The waitlist and its offers in PostgreSQL."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Date, Integer, bindparam, insert, literal_column, select, tuple_

from adapters.postgres.appointments.options import DISPLAY_NAME, PRONOUNS
from adapters.postgres.appointments.reads import FIRST_ID, MIN_INSTANT
from adapters.postgres.appointments.tables import appointment_types
from adapters.postgres.appointments.tables import waitlist_entries as entries
from adapters.postgres.appointments.tables import waitlist_offers as offers
from adapters.postgres.appointments.zones import CURRENT_ZONE, with_zone
from adapters.postgres.engine.columns import Instant, Uuid
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import clients, clinicians
from portal_core.appointments.practice_views import PracticeWaitlistEntryView
from portal_core.appointments.read_ports import WaitlistReads
from portal_core.appointments.views import WaitlistEntryView, WaitlistOfferView
from portal_core.appointments.waitlist import WaitlistEntry, WaitlistOffer
from portal_core.appointments.waitlist_ports import Waitlist, WaitlistOffers
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest

_offer_clinicians = clinicians.alias("their")
_ENTRY = entity(WaitlistEntry, entries, weekdays=(entries.c.weekdays,), time_zone=CURRENT_ZONE)
_ENTRY_VIEW = entity(
    WaitlistEntryView,
    entries,
    appointment_type_name=appointment_types.c.name,
    clinician_name=clinicians.c.name,
    weekdays=(entries.c.weekdays,),
    time_zone=CURRENT_ZONE,
    offer=(),
)
_PRACTICE_VIEW = entity(
    PracticeWaitlistEntryView,
    clients,
    client_id=clients.c.id,
    client_name=DISPLAY_NAME,
    client_pronouns=PRONOUNS,
    entry=(),
)
_OFFER = entity(WaitlistOffer, offers)
_OFFER_VIEW = entity(WaitlistOfferView, offers, "offer_", clinician_name=_offer_clinicians.c.name)
_my_entries = (entries.c.practice_id == bindparam("practice_id"), entries.c.client_id == bindparam("client_id"))
_my_offers = (offers.c.practice_id == bindparam("practice_id"), offers.c.client_id == bindparam("client_id"))
ADD = statement("waitlist.add", insert(entries))
GET = statement(
    "waitlist.get",
    select(*_ENTRY.columns).select_from(with_zone(entries)).where(*_my_entries, entries.c.id == bindparam("id")),
)
SAVE = statement("waitlist.save", update_version(entries, "status"))
MATCHING = statement(
    "waitlist.matching",
    select(*_ENTRY.columns)
    .select_from(with_zone(entries))
    .where(
        entries.c.practice_id == bindparam("practice_id"),
        entries.c.appointment_type_id == bindparam("appointment_type_id"),
        entries.c.status == "waiting",
        entries.c.latest_date >= bindparam("day_before", type_=Date()),
        entries.c.earliest_date <= bindparam("day_after", type_=Date()),
    )
    .order_by(entries.c.joined_at, entries.c.id),
    scope_exemption="a job finds who waits longest; row-level security confines a client to their own record",
)
_shown = (
    select(*_ENTRY_VIEW.columns, *_OFFER_VIEW.columns)
    .select_from(with_zone(entries))
    .join(
        appointment_types,
        (appointment_types.c.practice_id == entries.c.practice_id)
        & (appointment_types.c.id == entries.c.appointment_type_id),
    )
    .outerjoin(
        clinicians, (clinicians.c.practice_id == entries.c.practice_id) & (clinicians.c.id == entries.c.clinician_id)
    )
    .outerjoin(
        offers.join(
            _offer_clinicians,
            (_offer_clinicians.c.practice_id == offers.c.practice_id)
            & (_offer_clinicians.c.id == offers.c.clinician_id),
        ),
        (offers.c.practice_id == entries.c.practice_id)
        & (offers.c.client_id == entries.c.client_id)
        & (offers.c.entry_id == entries.c.id)
        & (offers.c.status == "open"),
    )
    .order_by(entries.c.joined_at, entries.c.id, offers.c.offered_at.desc())
)
OF_CLIENT = statement("waitlist.of_client", _shown.where(*_my_entries, entries.c.status == "waiting"))
_page = (
    select(entries.c.client_id, entries.c.id)
    .where(
        entries.c.practice_id == bindparam("practice_id"),
        entries.c.status == "waiting",
        entries.c.latest_date >= bindparam("day_before", type_=Date()),
        tuple_(entries.c.joined_at, entries.c.id)
        > tuple_(bindparam("after_at", type_=Instant), bindparam("after_id", type_=Uuid)),
    )
    .order_by(entries.c.joined_at, entries.c.id)
    .limit(bindparam("row_limit", type_=Integer))
    .subquery("page")
)
LIST_FOR_PRACTICE = statement(
    "waitlist.list_for_practice",
    _shown.add_columns(*_PRACTICE_VIEW.columns)
    .join(_page, (_page.c.client_id == entries.c.client_id) & (_page.c.id == entries.c.id))
    .join(clients, (clients.c.practice_id == entries.c.practice_id) & (clients.c.id == entries.c.client_id))
    .where(entries.c.practice_id == bindparam("practice_id")),
    scope_exemption="the practice sees all who wait; row-level security confines a client to their own record",
)

ADD_OFFER = statement("waitlist_offers.add", insert(offers))
GET_OFFER = statement("waitlist_offers.get", select(*_OFFER.columns).where(*_my_offers, offers.c.id == bindparam("id")))
SAVE_OFFER = statement("waitlist_offers.save", update_version(offers, "status", "appointment_id"))
_JOB = "a job finds who gets the next offer; row-level security confines a client to their own record"
OF_SLOT = statement(
    "waitlist_offers.of_slot",
    select(*_OFFER.columns)
    .where(offers.c.practice_id == bindparam("practice_id"), offers.c.freed_slot_id == bindparam("slot"))
    .order_by(offers.c.offered_at, offers.c.id),
    scope_exemption=_JOB,
)
EXPIRED = statement(
    "waitlist_offers.expired",
    select(*_OFFER.columns)
    .where(
        offers.c.practice_id == bindparam("practice_id"),
        offers.c.status == "open",
        offers.c.expires_at <= bindparam("now", type_=Instant),
    )
    .order_by(offers.c.expires_at, offers.c.id)
    .limit(literal_column("100")),
    scope_exemption=_JOB,
)
_DAY_MARGIN = timedelta(days=1)


def _entry(row: Any) -> WaitlistEntry:
    return _ENTRY.of(row, weekdays=frozenset(row["weekdays"]))


def _view(row: Any) -> WaitlistEntryView:
    offer = None if row["offer_id"] is None else _OFFER_VIEW.of(row)
    return _ENTRY_VIEW.of(row, weekdays=tuple(sorted(row["weekdays"])), offer=offer)


@define
class PostgresWaitlist(Waitlist):
    """Waitlist entries."""

    tx: Transaction

    async def add(self, entry: WaitlistEntry, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD, **_ENTRY.values(entry, weekdays=sorted(entry.weekdays)))
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, entry_id: UUID) -> WaitlistEntry | None:
        row = await self.tx.fetchrow(GET, client_id=client_id, id=entry_id)
        return None if row is None else _entry(row)

    async def save(self, entry: WaitlistEntry, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE, **_ENTRY.values(entry))
        self.tx.add_audit_entry(audit_entry)

    async def matching(self, appointment_type_id: UUID, on: date) -> list[WaitlistEntry]:
        rows = await self.tx.fetch(
            MATCHING, appointment_type_id=appointment_type_id, day_before=on - _DAY_MARGIN, day_after=on + _DAY_MARGIN
        )
        return [_entry(row) for row in rows]


@define
class PostgresWaitlistReads(WaitlistReads):
    """Views of waitlist entries with names and open offers. The first row of an entry has its latest offer."""

    tx: Transaction

    async def of_client(self, client_id: UUID) -> tuple[WaitlistEntryView, ...]:
        found: dict[UUID, WaitlistEntryView] = {}
        for row in await self.tx.fetch(OF_CLIENT, client_id=client_id):
            found.setdefault(row["id"], _view(row))
        return tuple(found.values())

    async def list_for_practice(self, on: date, page: PageRequest) -> Page[PracticeWaitlistEntryView]:
        after_at, after_id = page.after_time() or (MIN_INSTANT, FIRST_ID)
        rows = await self.tx.fetch(
            LIST_FOR_PRACTICE,
            day_before=on - _DAY_MARGIN,
            after_at=after_at,
            after_id=after_id,
            row_limit=page.size + 1,
        )
        found: dict[UUID, PracticeWaitlistEntryView] = {}
        for row in rows:
            found.setdefault(row["id"], _PRACTICE_VIEW.of(row, entry=_view(row)))
        return page.paginate(list(found.values()), lambda one: (one.entry.joined_at, one.entry.id))


@define
class PostgresWaitlistOffers(WaitlistOffers):
    """Offers of freed slots."""

    tx: Transaction

    async def add(self, offer: WaitlistOffer, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD_OFFER, **_OFFER.values(offer))
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, offer_id: UUID) -> WaitlistOffer | None:
        row = await self.tx.fetchrow(GET_OFFER, client_id=client_id, id=offer_id)
        return None if row is None else _OFFER.of(row)

    async def save(self, offer: WaitlistOffer, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE_OFFER, **_OFFER.values(offer))
        self.tx.add_audit_entry(audit_entry)

    async def of_slot(self, freed_slot_id: UUID) -> list[WaitlistOffer]:
        return [_OFFER.of(row) for row in await self.tx.fetch(OF_SLOT, slot=freed_slot_id)]

    async def expired(self, now: datetime) -> list[WaitlistOffer]:
        return [_OFFER.of(row) for row in await self.tx.fetch(EXPIRED, now=now)]
