"""Which clients have an account, in memory."""

from datetime import datetime
from uuid import UUID

from attrs import define

from adapters.memory.engine.row_visibility import portal_user
from adapters.memory.engine.rows import own_rows
from adapters.memory.engine.store import MemoryTransaction
from portal_core.people.ports import ClientAccounts
from portal_core.people.views import NO_ACCOUNT, ClientAccountView


def account_of(tx: MemoryTransaction, client_id: UUID, now: datetime) -> ClientAccountView:
    """The status of a client's account; portal users see neither accounts of others nor invitations."""
    if portal_user(tx):
        return NO_ACCOUNT
    accounts = [one for one in own_rows(tx, "accounts") if one.client_id == client_id]
    for one in accounts:
        if one.status == "active":
            return ClientAccountView("active" if one.is_usable(now.date()) else "suspended")
    invitee = ("client", client_id)
    open_until = [one.expires_at for one in own_rows(tx, "invitations") if one.invitee == invitee and one.is_open(now)]
    if open_until:
        return ClientAccountView("invited", max(open_until))
    return ClientAccountView("closed") if any(one.status == "closed" for one in accounts) else NO_ACCOUNT


@define
class MemoryClientAccounts(ClientAccounts):
    """Reads accounts and invitations."""

    tx: MemoryTransaction

    async def of(self, client_id: UUID, now: datetime) -> ClientAccountView:
        return account_of(self.tx, client_id, now)
