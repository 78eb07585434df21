"""Practices and their people in memory, with what PostgreSQL refuses refused, and hidden what it hides."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from attrs import define

from adapters.memory.rows import own_key, own_rows
from adapters.memory.sealing import SEALED, destroy, destroyed, require_key
from adapters.memory.store import MemoryStore, MemoryTransaction
from portal_core.kernel.actor import ClientActor, ProxyActor, StaffActor, SystemActor
from portal_core.kernel.audit import Audited
from portal_core.kernel.page import Page, PageRequest
from portal_core.people.errors import DuplicateExternalId, DuplicateStaff, HostTaken, SlugTaken
from portal_core.people.model import Client, Clinician, Practice, StaffMember
from portal_core.people.ports import (
    CareTeams,
    ClientRecords,
    ClinicianRecords,
    PracticeAddress,
    PracticeDirectory,
    PracticeFounding,
    PracticeRecord,
    StaffRecords,
)
from portal_core.people.views import ClientLineView

T = TypeVar("T")
SEALED["clients"] = {"address": None}


def practice_wide(tx: MemoryTransaction) -> bool:
    """Staff and jobs reach the practice's rows."""
    return isinstance(tx.actor, StaffActor | SystemActor)


def portal_user(tx: MemoryTransaction) -> bool:
    """A client or proxy, who has no business with staff and invitations."""
    return isinstance(tx.actor, ClientActor | ProxyActor)


def only_practice_wide(tx: MemoryTransaction) -> None:
    """As the WITH CHECK of row-level security: portal users and visitors do not write this."""
    assert practice_wide(tx), "a use case wrote what only staff and jobs write"


def reaches_client(tx: MemoryTransaction, client_id: UUID) -> bool:
    """Staff and jobs all, portal users the record they act on and those of their standing grants."""
    if practice_wide(tx):
        return True
    if not isinstance(tx.actor, ClientActor | ProxyActor):
        return False
    held = (one.client_id for one in own_rows(tx, "grants") if one.account_id == tx.actor.account_id and one.stands)
    return client_id == tx.record or client_id in held


def first(rows: Iterable[T]) -> T | None:
    return next(iter(rows), None)


def _refuse_hosts(practices: Iterable[Practice], practice: Practice) -> None:
    others = {host for one in practices if one.id != practice.id for host in one.hosts}
    if others.intersection(practice.hosts):
        raise HostTaken


@define
class MemoryPracticeRecord(PracticeRecord):
    """The practice of the actor."""

    tx: MemoryTransaction

    async def get(self) -> Practice:
        found: Practice = self.tx.table("practices")[self.tx.practice_id]
        return found

    async def save(self, practice: Practice, audited: Audited) -> None:
        only_practice_wide(self.tx)
        _refuse_hosts(self.tx.table("practices").values(), practice)
        self.tx.save("practices", practice.id, practice)
        await self.tx.audit.record(audited)


@define
class MemoryClientRecords(ClientRecords):
    """External ids are unique in the practice."""

    tx: MemoryTransaction

    async def get(self, client_id: UUID) -> Client | None:
        return first(one for one in self._rows() if one.id == client_id)

    async def find_by_external_id(self, external_id: str) -> Client | None:
        return first(one for one in self._rows() if one.external_id == external_id)

    async def add(self, client: Client, audited: Audited) -> None:
        only_practice_wide(self.tx)
        _refuse_twin(self.tx, "clients", client)
        self.tx.insert("clients", own_key(self.tx, client.id), client)
        await self.tx.audit.record(audited)

    async def save(self, client: Client, audited: Audited) -> None:
        assert practice_wide(self.tx) or client.id == self.tx.record, "a use case wrote another client's record"
        _refuse_twin(self.tx, "clients", client)
        require_key(self.tx, client.id, client.address)
        self.tx.save("clients", own_key(self.tx, client.id), client)
        await self.tx.audit.record(audited)

    async def destroy_key(self, client_id: UUID, audited: Audited) -> bool:
        if await self.get(client_id) is None or destroyed(self.tx, client_id):
            return False
        destroy(self.tx, client_id)
        await self.tx.audit.record(audited)
        return True

    async def page(self, beginning: str, page: PageRequest) -> Page[ClientLineView]:
        after = page.after_id()
        begins = beginning.casefold()
        rows = sorted(self._rows(), key=lambda one: (one.sort_name.encode(), one.id))
        places = {one.id: place for place, one in enumerate(rows)}
        start = 0 if after is None else places.get(after, len(rows)) + 1
        found = [one for one in rows[start:] if one.sort_name.startswith(begins)]
        return page.cut(found, lambda one: one.id).map(ClientLineView.of)

    def _rows(self) -> list[Client]:
        return [one for one in own_rows(self.tx, "clients") if reaches_client(self.tx, one.id)]


@define
class MemoryClinicianRecords(ClinicianRecords):
    """External ids are unique in the practice."""

    tx: MemoryTransaction

    async def get(self, clinician_id: UUID) -> Clinician | None:
        return first(one for one in await self.all() if one.id == clinician_id)

    async def find_by_external_id(self, external_id: str) -> Clinician | None:
        return first(one for one in await self.all() if one.external_id == external_id)

    async def all(self) -> tuple[Clinician, ...]:
        return tuple(sorted(own_rows(self.tx, "clinicians"), key=lambda one: (one.name.encode(), one.id)))

    async def add(self, clinician: Clinician, audited: Audited) -> None:
        only_practice_wide(self.tx)
        _refuse_twin(self.tx, "clinicians", clinician)
        self.tx.insert("clinicians", own_key(self.tx, clinician.id), clinician)
        await self.tx.audit.record(audited)

    async def save(self, clinician: Clinician, audited: Audited) -> None:
        only_practice_wide(self.tx)
        _refuse_twin(self.tx, "clinicians", clinician)
        self.tx.save("clinicians", own_key(self.tx, clinician.id), clinician)
        await self.tx.audit.record(audited)


@define
class MemoryStaffRecords(StaffRecords):
    """Emails, external ids and identities are unique in the practice; portal users see none of it."""

    tx: MemoryTransaction

    async def get(self, staff_id: UUID) -> StaffMember | None:
        return first(one for one in await self.all() if one.id == staff_id)

    async def find_by_email(self, email: str) -> StaffMember | None:
        return first(one for one in await self.all() if one.email == email)

    async def all(self) -> tuple[StaffMember, ...]:
        rows: list[StaffMember] = [] if portal_user(self.tx) else own_rows(self.tx, "staff")
        return tuple(sorted(rows, key=lambda one: (one.name.encode(), one.id)))

    async def lock_administrators(self) -> frozenset[UUID]:
        return frozenset(one.id for one in await self.all() if one.administers)

    async def add(self, member: StaffMember, audited: Audited) -> None:
        self._refuse_twins(member)
        self.tx.insert("staff", own_key(self.tx, member.id), member)
        await self.tx.audit.record(audited)

    async def save(self, member: StaffMember, audited: Audited) -> None:
        self._refuse_twins(member)
        self.tx.save("staff", own_key(self.tx, member.id), member)
        await self.tx.audit.record(audited)

    def _refuse_twins(self, member: StaffMember) -> None:
        only_practice_wide(self.tx)
        _refuse_twin(self.tx, "staff", member)
        for other in own_rows(self.tx, "staff"):
            same_person = member.issuer is not None and (other.issuer, other.subject) == (member.issuer, member.subject)
            if other.id != member.id and (other.email == member.email or same_person):
                raise DuplicateStaff


@define
class MemoryCareTeams(CareTeams):
    """Keyed by client and clinician; there is no more to a row."""

    tx: MemoryTransaction

    async def of(self, client_id: UUID) -> tuple[UUID, ...]:
        if self.tx.record != client_id and not practice_wide(self.tx):
            return ()
        return tuple(sorted(key[2] for key in self._keys(client_id)))

    async def assign(self, client: Client, clinicians: tuple[UUID, ...], audited: Audited) -> None:
        only_practice_wide(self.tx)
        self.tx.save("clients", own_key(self.tx, client.id), client)
        assert all(own_key(self.tx, one) in self.tx.table("clinicians") for one in clinicians), "nobody in a care team"
        for key in self._keys(client.id):
            del self.tx.table("care_team")[key]
        for clinician_id in clinicians:
            self.tx.insert("care_team", own_key(self.tx, client.id, clinician_id), clinician_id)
        await self.tx.audit.record(audited)

    def _keys(self, client_id: UUID) -> list[Any]:
        return [key for key in self.tx.table("care_team") if key[:2] == own_key(self.tx, client_id)]


@define
class MemoryPracticeFounding(PracticeFounding):
    """A practice and the entry that says so."""

    store: MemoryStore

    async def found(self, actor: SystemActor, practice: Practice, audited: Audited) -> None:
        async with self.store.lock:
            practices = self.store.table("practices")
            if any(one.slug == practice.slug for one in practices.values()):
                raise SlugTaken
            _refuse_hosts(practices.values(), practice)
            practices[practice.id] = practice
            await MemoryTransaction(self.store, actor, self.store.tables).audit.record(audited)


@define
class MemoryPracticeDirectory(PracticeDirectory):
    """All practices of the store."""

    store: MemoryStore

    async def all(self) -> tuple[PracticeAddress, ...]:
        practices = sorted(self.store.table("practices").values(), key=lambda one: one.id)
        return tuple(PracticeAddress(one.id, one.slug, one.hosts) for one in practices)


def _refuse_twin(tx: MemoryTransaction, table: str, row: Client | Clinician | StaffMember) -> None:
    for other in own_rows(tx, table):
        if other.id != row.id and row.external_id is not None and other.external_id == row.external_id:
            raise DuplicateExternalId
