"""Clients and their care teams in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define

from adapters.memory.engine.repository import MemoryRepository
from adapters.memory.engine.row_visibility import first, is_visible_client, only_practice_wide, practice_wide
from adapters.memory.engine.rows import own_key, own_rows
from adapters.memory.engine.sealing import SEALED, key_destroyed, require_key
from adapters.memory.engine.store import MemoryTransaction
from adapters.memory.people.client_accounts import account_of
from adapters.memory.people.erasure import erase_record
from adapters.memory.people.external_ids import require_unique_external_id
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.people.erasure import RecordErasure
from portal_core.people.errors import UnderLegalHold
from portal_core.people.model import ALL_CLIENTS, Client, ClientFilter
from portal_core.people.ports import (
    CareTeams,
    ClientRecords,
)
from portal_core.people.search import SearchTerms, is_found
from portal_core.people.views import ClientSummaryView

SEALED["clients"] = {"address": None, "emergency_contact": None, "coverage": None}


@define
class MemoryClientRecords(MemoryRepository[Client], ClientRecords):
    """External ids are unique within the practice."""

    table = "clients"

    async def find_by_external_id(self, external_id: str) -> Client | None:
        return first(one for one in self._rows() if one.external_id == external_id)

    async def find_by_external_ids(self, external_ids: Collection[str]) -> dict[str, Client]:
        return {one.external_id: one for one in self._rows() if one.external_id in external_ids and one.external_id}

    async def find_by_emails(self, emails: Collection[str]) -> dict[UUID, str]:
        return {one.id: one.email for one in self._rows() if one.email in emails and one.email}

    async def destroyed(self, client_ids: Collection[UUID]) -> frozenset[UUID]:
        return frozenset(one for one in client_ids if key_destroyed(self.tx, one))

    async def save(self, client: Client, audit_entry: AuditEntry) -> None:
        require_key(self.tx, client.id, *(getattr(client, name) for name in SEALED[self.table]))
        await super().save(client, audit_entry)

    async def add_all(self, clients: Sequence[Client], audit_entries: Sequence[AuditEntry]) -> None:
        for client in clients:
            self._check(client)
            self.tx.insert(self.table, own_key(self.tx, client.id), client)
        await self._record(audit_entries)

    async def save_all(self, clients: Sequence[Client], audit_entries: Sequence[AuditEntry]) -> None:
        for client in clients:
            require_key(self.tx, client.id, *(getattr(client, name) for name in SEALED[self.table]))
            self._check(client)
            self.tx.save(self.table, own_key(self.tx, client.id), client)
        await self._record(audit_entries)

    async def erase(self, erasure: RecordErasure, audit_entry: AuditEntry) -> tuple[UUID, ...]:
        if own_key(self.tx, erasure.client_id) in self.tx.table("legal_holds"):
            raise UnderLegalHold
        accounts = erase_record(self.tx, erasure)
        await self.tx.audit.record(audit_entry)
        return accounts

    async def page(
        self, page: PageRequest, now: datetime, wanted: ClientFilter = ALL_CLIENTS
    ) -> Page[ClientSummaryView]:
        return self._summaries(self._from(page), page, now, wanted)

    async def search(
        self, terms: SearchTerms, page: PageRequest, now: datetime, wanted: ClientFilter = ALL_CLIENTS
    ) -> Page[ClientSummaryView]:
        found = [
            one for one in self._from(page) if not key_destroyed(self.tx, one.id) and is_found(one.search_words, terms)
        ]
        return self._summaries(found, page, now, wanted)

    def _from(self, page: PageRequest) -> list[Client]:
        """The clients after the cursor, in order."""
        after = page.after_id()
        rows = sorted(self._rows(), key=lambda one: (one.sort_name.encode(), one.id))
        positions = {one.id: position for position, one in enumerate(rows)}
        return rows if after is None else rows[positions.get(after, len(rows)) + 1 :]

    def _summaries(
        self, rows: list[Client], page: PageRequest, now: datetime, wanted: ClientFilter
    ) -> Page[ClientSummaryView]:
        if wanted.care_team == "none":
            rows = [one for one in rows if one.status == "active" and not active_team(self.tx, one.id)]
        summaries = [ClientSummaryView.of(one, account_of(self.tx, one.id, now)) for one in rows]
        found = [one for one in summaries if wanted.account in (None, one.account.status)]
        return page.paginate(found, lambda one: one.id)

    async def _record(self, audit_entries: Sequence[AuditEntry]) -> None:
        for audit_entry in audit_entries:
            await self.tx.audit.record(audit_entry)

    def _sees(self, row: Client) -> bool:
        return is_visible_client(self.tx, row.id)

    def _check(self, row: Client) -> None:
        assert practice_wide(self.tx) or row.id == self.tx.record, "a use case wrote another client's record"
        require_unique_external_id(self.tx, "clients", row)


def active_team(tx: MemoryTransaction, client_id: UUID) -> set[UUID]:
    """The clinicians on the client's care team who work here."""
    clinicians = {one.id for one in own_rows(tx, "clinicians") if one.active}
    return {key[2] for key in tx.table("care_team") if key[:2] == own_key(tx, client_id)} & clinicians


@define
class MemoryCareTeams(CareTeams):
    """Rows keyed by client and clinician, without other data."""

    tx: MemoryTransaction

    async def of(self, client_id: UUID) -> tuple[UUID, ...]:
        if self.tx.record != client_id and not practice_wide(self.tx):
            return ()
        return tuple(sorted(key[2] for key in self._keys(client_id)))

    async def of_all(self, client_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        return {one: await self.of(one) for one in client_ids}

    async def only_with(self, clinicians: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        found = dict[UUID, tuple[UUID, ...]]()
        for _, client_id, clinician_id in sorted(self.tx.table("care_team")):
            key = own_key(self.tx, client_id)
            others = active_team(self.tx, client_id) - set(clinicians)
            here = clinician_id in clinicians and key in self.tx.table("clients")
            if here and self.tx.table("clients")[key].status == "active" and not others:
                found[clinician_id] = (*found.get(clinician_id, ()), client_id)
        return found

    async def of_both(self, one: UUID, other: UUID) -> tuple[UUID, ...]:
        clients = sorted(key[1] for key in self.tx.table("care_team") if key[2] == one)
        return tuple([client_id for client_id in clients if other in await self.of(client_id)])

    async def locked(self, client_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        return {one: await self.of(one) for one in client_ids if not key_destroyed(self.tx, one)}

    async def change_all(self, teams: Mapping[UUID, tuple[UUID, ...]], audit_entries: Sequence[AuditEntry]) -> None:
        for client_id in teams:
            key = own_key(self.tx, client_id)
            self.tx.save("clients", key, self.tx.table("clients")[key].with_next_version())
        await self.assign_all(teams, audit_entries)

    async def assign(self, client: Client, clinicians: tuple[UUID, ...], audit_entry: AuditEntry) -> None:
        self.tx.save("clients", own_key(self.tx, client.id), client)
        await self.assign_all({client.id: clinicians}, [audit_entry])

    async def assign_all(self, teams: Mapping[UUID, tuple[UUID, ...]], audit_entries: Sequence[AuditEntry]) -> None:
        only_practice_wide(self.tx)
        for client_id, clinicians in teams.items():
            assert own_key(self.tx, client_id) in self.tx.table("clients"), "unknown client"
            assert all(own_key(self.tx, one) in self.tx.table("clinicians") for one in clinicians), "unknown clinician"
            for key in self._keys(client_id):
                del self.tx.table("care_team")[key]
            for clinician_id in clinicians:
                self.tx.insert("care_team", own_key(self.tx, client_id, clinician_id), clinician_id)
        for audit_entry in audit_entries:
            await self.tx.audit.record(audit_entry)

    def _keys(self, client_id: UUID) -> list[Any]:
        return [key for key in self.tx.table("care_team") if key[:2] == own_key(self.tx, client_id)]
