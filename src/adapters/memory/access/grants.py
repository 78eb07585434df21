"""Proxies' grants in memory."""

from datetime import date
from uuid import UUID

from attrs import define

from adapters.memory.engine.row_visibility import (
    first,
    only_practice_wide,
    portal_user,
    practice_wide,
    reaches,
    reaches_client,
)
from adapters.memory.engine.rows import own_key, own_rows
from adapters.memory.engine.store import MemoryTransaction
from portal_core.access.errors import GrantExists
from portal_core.access.model import Grant
from portal_core.access.ports import Grants
from portal_core.kernel.audit import AuditEntry
from portal_core.people.model import Client


@define
class MemoryGrants(Grants):
    """At most one active grant per account and client."""

    tx: MemoryTransaction

    async def get(self, client_id: UUID, grant_id: UUID) -> Grant | None:
        return first(one for one in self._rows() if (one.client_id, one.id) == (client_id, grant_id))

    async def add(self, grant: Grant, audit_entry: AuditEntry) -> None:
        only_practice_wide(self.tx)
        for other in own_rows(self.tx, "grants"):
            if other.is_active and (other.client_id, other.account_id) == (grant.client_id, grant.account_id):
                raise GrantExists
        assert own_key(self.tx, grant.client_id) in self.tx.table("clients"), "the grant's client does not exist"
        assert own_key(self.tx, grant.account_id) in self.tx.table("accounts"), "the grant's account does not exist"
        assert grant.until is None or grant.until > grant.starts_on, "the grant ends before it starts"
        self.tx.insert("grants", own_key(self.tx, grant.id), grant)
        await self.tx.audit.record(audit_entry)

    async def save(self, grant: Grant, audit_entry: AuditEntry) -> None:
        only_practice_wide(self.tx)
        self.tx.save("grants", own_key(self.tx, grant.id), grant)
        await self.tx.audit.record(audit_entry)

    async def list_for_client(self, client_id: UUID) -> tuple[Grant, ...]:
        rows = (one for one in self._rows() if one.client_id == client_id)
        return tuple(sorted(rows, key=lambda one: one.id, reverse=True))

    async def list_held_by(self, account_id: UUID) -> tuple[tuple[Grant, str], ...]:
        held = [one for one in self._rows() if one.account_id == account_id and one.is_active]
        clients: dict[UUID, Client] = {
            one.id: one for one in own_rows(self.tx, "clients") if reaches_client(self.tx, one.id)
        }
        pairs = [(one, clients[one.client_id]) for one in held if one.client_id in clients]
        pairs.sort(key=lambda pair: (pair[1].sort_name.encode(), pair[1].id))
        return tuple((grant, client.display_name) for grant, client in pairs)

    async def list_expired(self, today: date, limit: int) -> tuple[Grant, ...]:
        rows = [one for one in self._rows() if one.is_active and one.is_expired(today)]
        return tuple(sorted(rows, key=lambda one: (one.until or date.max, one.id))[:limit])

    def _rows(self) -> list[Grant]:
        def seen(one: Grant) -> bool:
            own = portal_user(self.tx) and reaches(self.tx, one.account_id)
            return practice_wide(self.tx) or one.client_id == self.tx.record or own

        return [one for one in own_rows(self.tx, "grants") if seen(one)]
