"""The waitlist and its offers in PostgreSQL."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Date, Integer, bindparam, literal_column, select, tuple_, update

from adapters.postgres.appointments.options import DISPLAY_NAME, PRONOUNS
from adapters.postgres.appointments.reads import FIRST_ID, MIN_INSTANT
from adapters.postgres.appointments.tables import appointment_types
from adapters.postgres.appointments.tables import waitlist_entries as entries
from adapters.postgres.appointments.tables import waitlist_offers as offers
from adapters.postgres.engine.columns import Instant, Uuid, insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import clients, clinicians
from portal_core.appointments.ports import Waitlist, WaitlistOffers
from portal_core.appointments.practice_views import PracticeWaitlistEntryView
from portal_core.appointments.read_ports import WaitlistReads
from portal_core.appointments.views import WaitlistEntryView, WaitlistOfferView
from portal_core.appointments.waitlist import WaitlistEntry, WaitlistOffer
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest

_ENTRY = (
    entries.c.id,
    entries.c.practice_id,
    entries.c.client_id,
    entries.c.appointment_type_id,
    entries.c.location_id,
    entries.c.clinician_id,
    entries.c.earliest_date,
    entries.c.latest_date,
    entries.c.weekdays,
    entries.c.from_time,
    entries.c.until_time,
    entries.c.time_zone,
    entries.c.joined_at,
    entries.c.status,
    entries.c.version,
    entries.c.any_location,
)
_OFFER = (
    offers.c.id,
    offers.c.practice_id,
    offers.c.client_id,
    offers.c.entry_id,
    offers.c.freed_slot_id,
    offers.c.clinician_id,
    offers.c.appointment_type_id,
    offers.c.location_id,
    offers.c.starts_at,
    offers.c.ends_at,
    offers.c.calendar_entry_id,
    offers.c.offered_at,
    offers.c.expires_at,
    offers.c.status,
    offers.c.appointment_id,
    offers.c.version,
)
_my_entries = (entries.c.practice_id == bindparam("practice_id"), entries.c.client_id == bindparam("client_id"))
_my_offers = (offers.c.practice_id == bindparam("practice_id"), offers.c.client_id == bindparam("client_id"))
ADD = statement("waitlist.add", insert_all(entries))
GET = statement("waitlist.get", select(*_ENTRY).where(*_my_entries, entries.c.id == bindparam("id")))
SAVE = statement(
    "waitlist.save",
    update(entries)
    .where(*_my_entries, entries.c.id == bindparam("entry"), entries.c.version == bindparam("before"))
    .values(status=bindparam("status"), version=bindparam("version")),
)
MATCHING = statement(
    "waitlist.matching",
    select(*_ENTRY)
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
_offer_clinicians = clinicians.alias("their")
_shown = (
    select(
        *_ENTRY,
        appointment_types.c.name,
        clinicians.c.name,
        *_OFFER,
        _offer_clinicians.c.name,
    )
    .select_from(entries)
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
    _shown.add_columns(DISPLAY_NAME, PRONOUNS)
    .join(_page, (_page.c.client_id == entries.c.client_id) & (_page.c.id == entries.c.id))
    .join(clients, (clients.c.practice_id == entries.c.practice_id) & (clients.c.id == entries.c.client_id))
    .where(entries.c.practice_id == bindparam("practice_id")),
    scope_exemption="the practice sees all who wait; row-level security confines a client to their own record",
)

ADD_OFFER = statement("waitlist_offers.add", insert_all(offers))
GET_OFFER = statement("waitlist_offers.get", select(*_OFFER).where(*_my_offers, offers.c.id == bindparam("id")))
SAVE_OFFER = statement(
    "waitlist_offers.save",
    update(offers)
    .where(*_my_offers, offers.c.id == bindparam("offer"), offers.c.version == bindparam("before"))
    .values(status=bindparam("status"), appointment_id=bindparam("appointment_id"), version=bindparam("version")),
)
_JOB = "a job finds who gets the next offer; row-level security confines a client to their own record"
OF_SLOT = statement(
    "waitlist_offers.of_slot",
    select(*_OFFER)
    .where(offers.c.practice_id == bindparam("practice_id"), offers.c.freed_slot_id == bindparam("slot"))
    .order_by(offers.c.offered_at, offers.c.id),
    scope_exemption=_JOB,
)
EXPIRED = statement(
    "waitlist_offers.expired",
    select(*_OFFER)
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


def _entry_of(row: Any) -> WaitlistEntry:
    return WaitlistEntry(
        id=row[0],
        practice_id=row[1],
        client_id=row[2],
        appointment_type_id=row[3],
        location_id=row[4],
        clinician_id=row[5],
        earliest_date=row[6],
        latest_date=row[7],
        weekdays=frozenset(row[8]),
        from_time=row[9],
        until_time=row[10],
        time_zone=row[11],
        joined_at=row[12],
        status=row[13],
        version=row[14],
        any_location=row[15],
    )


def _offer_of(row: Any) -> WaitlistOffer:
    return WaitlistOffer(
        id=row[0],
        practice_id=row[1],
        client_id=row[2],
        entry_id=row[3],
        freed_slot_id=row[4],
        clinician_id=row[5],
        appointment_type_id=row[6],
        location_id=row[7],
        starts_at=row[8],
        ends_at=row[9],
        calendar_entry_id=row[10],
        offered_at=row[11],
        expires_at=row[12],
        status=row[13],
        appointment_id=row[14],
        version=row[15],
    )


def _view(row: Any) -> WaitlistEntryView:
    """From the columns of `_ENTRY`, the names of appointment type and clinician, `_OFFER` and its clinician's name."""
    entry = _entry_of(row)
    offer = row[len(_ENTRY) + 2 :]
    return WaitlistEntryView(
        id=entry.id,
        status=entry.status,
        appointment_type_id=entry.appointment_type_id,
        appointment_type_name=row[len(_ENTRY)],
        location_id=entry.location_id,
        any_location=entry.any_location,
        clinician_id=entry.clinician_id,
        clinician_name=row[len(_ENTRY) + 1],
        earliest_date=entry.earliest_date,
        latest_date=entry.latest_date,
        weekdays=tuple(sorted(entry.weekdays)),
        from_time=entry.from_time,
        until_time=entry.until_time,
        time_zone=entry.time_zone,
        joined_at=entry.joined_at,
        offer=None if offer[0] is None else _offer_view(_offer_of(offer), offer[len(_OFFER)]),
        version=entry.version,
    )


def _practice_view(row: Any) -> PracticeWaitlistEntryView:
    """From the columns of `_view`, followed by the client's name and pronouns."""
    return PracticeWaitlistEntryView(client_id=row[2], client_name=row[-2], client_pronouns=row[-1], entry=_view(row))


def _offer_view(offer: WaitlistOffer, clinician_name: str) -> WaitlistOfferView:
    return WaitlistOfferView(
        id=offer.id,
        entry_id=offer.entry_id,
        status=offer.status,
        clinician_id=offer.clinician_id,
        clinician_name=clinician_name,
        appointment_type_id=offer.appointment_type_id,
        location_id=offer.location_id,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        expires_at=offer.expires_at,
        version=offer.version,
    )


@define
class PostgresWaitlist(Waitlist):
    """Waitlist entries."""

    tx: Transaction

    async def add(self, entry: WaitlistEntry, audit_entry: AuditEntry) -> None:
        values = {column.name: getattr(entry, column.name) for column in _ENTRY if column.name != "practice_id"}
        await self.tx.execute(ADD, **{**values, "weekdays": sorted(entry.weekdays)})
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, entry_id: UUID) -> WaitlistEntry | None:
        row = await self.tx.fetchrow(GET, client_id=client_id, id=entry_id)
        return None if row is None else _entry_of(row)

    async def save(self, entry: WaitlistEntry, audit_entry: AuditEntry) -> None:
        await self.tx.save(
            SAVE,
            client_id=entry.client_id,
            entry=entry.id,
            before=entry.version - 1,
            status=entry.status,
            version=entry.version,
        )
        self.tx.add_audit_entry(audit_entry)

    async def matching(self, appointment_type_id: UUID, on: date) -> list[WaitlistEntry]:
        rows = await self.tx.fetch(
            MATCHING, appointment_type_id=appointment_type_id, day_before=on - _DAY_MARGIN, day_after=on + _DAY_MARGIN
        )
        return [_entry_of(row) for row in rows]


@define
class PostgresWaitlistReads(WaitlistReads):
    """Views of waitlist entries with names and open offers. The first row of an entry has its latest offer."""

    tx: Transaction

    async def of_client(self, client_id: UUID) -> tuple[WaitlistEntryView, ...]:
        found: dict[UUID, WaitlistEntryView] = {}
        for row in await self.tx.fetch(OF_CLIENT, client_id=client_id):
            found.setdefault(row[0], _view(row))
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
            found.setdefault(row[0], _practice_view(row))
        return page.paginate(list(found.values()), lambda one: (one.entry.joined_at, one.entry.id))


@define
class PostgresWaitlistOffers(WaitlistOffers):
    """Offers of freed slots."""

    tx: Transaction

    async def add(self, offer: WaitlistOffer, audit_entry: AuditEntry) -> None:
        values = {column.name: getattr(offer, column.name) for column in _OFFER if column.name != "practice_id"}
        await self.tx.execute(ADD_OFFER, **values)
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, offer_id: UUID) -> WaitlistOffer | None:
        row = await self.tx.fetchrow(GET_OFFER, client_id=client_id, id=offer_id)
        return None if row is None else _offer_of(row)

    async def save(self, offer: WaitlistOffer, audit_entry: AuditEntry) -> None:
        await self.tx.save(
            SAVE_OFFER,
            client_id=offer.client_id,
            offer=offer.id,
            before=offer.version - 1,
            status=offer.status,
            appointment_id=offer.appointment_id,
            version=offer.version,
        )
        self.tx.add_audit_entry(audit_entry)

    async def of_slot(self, freed_slot_id: UUID) -> list[WaitlistOffer]:
        return [_offer_of(row) for row in await self.tx.fetch(OF_SLOT, slot=freed_slot_id)]

    async def expired(self, now: datetime) -> list[WaitlistOffer]:
        return [_offer_of(row) for row in await self.tx.fetch(EXPIRED, now=now)]
