"""Proxies' grants in memory."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from attrs import define

from adapters.memory.engine.repository import MemoryRows
from adapters.memory.engine.row_visibility import (
    only_practice_wide,
    portal_user,
    practice_wide,
    reaches,
    reaches_client,
)
from adapters.memory.engine.rows import own_key, own_rows
from portal_core.access.errors import GrantExists
from portal_core.access.model import Grant
from portal_core.access.ports import Grants
from portal_core.access.views import GrantHolderView
from portal_core.accounts.model import Account
from portal_core.people.model import Client


@define
class MemoryGrants(MemoryRows[Grant], Grants):
    """At most one active grant per account and client."""

    table = "grants"

    async def get(self, client_id: UUID, grant_id: UUID) -> Grant | None:
        found = self._find(grant_id)
        return found if found is not None and found.client_id == client_id else None

    async def list_for_client(self, client_id: UUID) -> tuple[Grant, ...]:
        rows = (one for one in self._rows() if one.client_id == client_id)
        return tuple(sorted(rows, key=lambda one: one.id, reverse=True))

    async def list_with_holders(self, client_id: UUID) -> tuple[tuple[Grant, GrantHolderView], ...]:
        return tuple((one, self._holder(one.account_id)) for one in await self.list_for_client(client_id))

    def _holder(self, account_id: UUID) -> GrantHolderView:
        account: Account = self.tx.table("accounts")[own_key(self.tx, account_id)]
        if account.status == "closed" or not reaches(self.tx, account_id):
            return GrantHolderView()
        client: Client | None = self.tx.table("clients").get((self.tx.practice_id, account.client_id))
        return GrantHolderView(account.email, client.display_name if client else None)

    async def proxy_managed(self, client_ids: Collection[UUID]) -> frozenset[UUID]:
        rows = (one for one in self._rows() if one.client_id in client_ids and one.is_active)
        return frozenset([one.client_id for one in rows if one.may_write and "profile" in one.areas])

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

    def _sees(self, row: Grant) -> bool:
        own = portal_user(self.tx) and reaches(self.tx, row.account_id)
        return practice_wide(self.tx) or row.client_id == self.tx.record or own

    def _check(self, row: Grant) -> None:
        only_practice_wide(self.tx)
        for other in own_rows(self.tx, "grants"):
            same = (other.client_id, other.account_id) == (row.client_id, row.account_id)
            if same and other.id != row.id and other.is_active and row.is_active:
                raise GrantExists
        assert own_key(self.tx, row.client_id) in self.tx.table("clients"), "the grant's client does not exist"
        assert own_key(self.tx, row.account_id) in self.tx.table("accounts"), "the grant's account does not exist"
        assert row.until is None or row.until > row.starts_on, "the grant ends before it starts"
