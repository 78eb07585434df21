"""Which clients have an account, in PostgreSQL: by the expressions of the accounts' adapter."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, select

from adapters.postgres.accounts.client_accounts import INVITED_UNTIL, STATUS
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import clients
from portal_core.people.ports import ClientAccounts
from portal_core.people.views import NO_ACCOUNT, ClientAccountView

ACCOUNT = (STATUS.label("account_status"), INVITED_UNTIL.label("invited_until"))
"""The columns that `account_of` reads."""

ACCOUNT_OF_CLIENT = statement(
    "clients.account",
    select(*ACCOUNT).where(clients.c.practice_id == bindparam("practice_id"), clients.c.id == bindparam("client_id")),
)


def account_of(row: Any) -> ClientAccountView:
    """The view from a row with the columns of `ACCOUNT`."""
    return ClientAccountView(row["account_status"], row["invited_until"])


@define
class PostgresClientAccounts(ClientAccounts):
    """Reads accounts and invitations, of which portal users see none but their own account."""

    tx: Transaction

    async def of(self, client_id: UUID, now: datetime) -> ClientAccountView:
        row = await self.tx.fetchrow(ACCOUNT_OF_CLIENT, client_id=client_id, now=now, today=now.date())
        return NO_ACCOUNT if row is None else account_of(row)
