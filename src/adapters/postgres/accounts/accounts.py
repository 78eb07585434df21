"""Accounts in PostgreSQL."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import any_, bindparam, insert, select, update

from adapters.postgres.accounts.settings import account_rules_of
from adapters.postgres.accounts.tables import account_settings, accounts
from adapters.postgres.engine.columns import Uuids
from adapters.postgres.engine.constraint_errors import CONSTRAINT_ERRORS
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.settings import settings_text
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import practices
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.model import Account, ExternalIdentity, Side
from portal_core.accounts.ports import AccountRulesSource, Accounts
from portal_core.accounts.settings import AccountRules
from portal_core.kernel.audit import AuditEntry

CONSTRAINT_ERRORS.update(
    dict.fromkeys(
        ("accounts_email_key", "accounts_client_key", "accounts_staff_key", "accounts_external_key"), AlreadyRegistered
    )
)

_ACCOUNT = entity(Account, accounts, external=(accounts.c.issuer, accounts.c.subject))
_here = accounts.c.practice_id == bindparam("practice_id")
_open = accounts.c.status != "closed"
GET = statement("accounts.get", select(*_ACCOUNT.columns).where(_here, accounts.c.id == bindparam("id")))
FIND_BY_EMAIL = statement(
    "accounts.find_by_email",
    select(*_ACCOUNT.columns).where(
        _here, _open, accounts.c.side == bindparam("side"), accounts.c.email == bindparam("email")
    ),
)
FIND_BY_CLIENTS = statement(
    "accounts.find_by_clients",
    select(*_ACCOUNT.columns).where(_here, _open, accounts.c.client_id == any_(bindparam("client_ids", type_=Uuids))),
)
FIND_BY_EXTERNAL = statement(
    "accounts.find_by_external",
    select(*_ACCOUNT.columns).where(
        _here, _open, accounts.c.issuer == bindparam("issuer"), accounts.c.subject == bindparam("subject")
    ),
)
FIND_BY_PERSON = {
    side: statement(
        f"accounts.find_by_{column.name}", select(*_ACCOUNT.columns).where(_here, _open, column == bindparam("person"))
    )
    for side, column in (("portal", accounts.c.client_id), ("practice", accounts.c.staff_id))
}
ADD = statement("accounts.add", insert(accounts))
SAVE = statement(
    "accounts.save",
    update_version(accounts, "email", "status", "second_factor", "issuer", "subject", "closed_at"),
)
SET_USABLE_FROM = statement(
    "accounts.set_usable_from",
    update(accounts)
    .where(_here, accounts.c.id == bindparam("id"))
    .values(usable_from=bindparam("usable_from"), version=accounts.c.version + 1),
)
RULES = statement(
    "accounts.rules",
    select(practices.c.name, practices.c.time_zone, settings_text(account_settings))
    .outerjoin(account_settings, account_settings.c.practice_id == practices.c.id)
    .where(practices.c.id == bindparam("practice_id")),
)


def external_of(issuer: str | None, subject: str | None) -> ExternalIdentity | None:
    """The external identity from its two columns."""
    return None if issuer is None or subject is None else ExternalIdentity(issuer, subject)


def _account(row: Any) -> Account:
    return _ACCOUNT.of(row, external=external_of(row["issuer"], row["subject"]))


def _values(account: Account) -> dict[str, Any]:
    issuer, subject = (account.external.issuer, account.external.subject) if account.external else (None, None)
    return _ACCOUNT.values(account, side=account.side, issuer=issuer, subject=subject)


@define
class PostgresAccounts(Accounts):
    """Partial indexes keep open accounts unique by side and email, client, staff member and external identity."""

    tx: Transaction

    async def get(self, account_id: UUID) -> Account | None:
        row = await self.tx.fetchrow(GET, id=account_id)
        return None if row is None else _account(row)

    async def find_by_email(self, side: Side, email: str) -> Account | None:
        row = await self.tx.fetchrow(FIND_BY_EMAIL, side=side, email=email)
        return None if row is None else _account(row)

    async def find_by_clients(self, client_ids: Collection[UUID]) -> dict[UUID, Account]:
        rows = await self.tx.fetch(FIND_BY_CLIENTS, client_ids=list(client_ids))
        return {row["client_id"]: _account(row) for row in rows}

    async def find_by_external(self, external: ExternalIdentity) -> Account | None:
        row = await self.tx.fetchrow(FIND_BY_EXTERNAL, issuer=external.issuer, subject=external.subject)
        return None if row is None else _account(row)

    async def find_by_person(self, side: Side, person_id: UUID) -> Account | None:
        row = await self.tx.fetchrow(FIND_BY_PERSON[side], person=person_id)
        return None if row is None else _account(row)

    async def add(self, account: Account, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD, **_values(account))
        self.tx.add_audit_entry(audit_entry)

    async def save(self, account: Account, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE, **_values(account))
        self.tx.add_audit_entry(audit_entry)

    async def set_usable_from(self, account_id: UUID, usable_from: date | None, audit_entry: AuditEntry) -> None:
        await self.tx.execute(SET_USABLE_FROM, id=account_id, usable_from=usable_from)
        self.tx.add_audit_entry(audit_entry)


@define
class PostgresAccountRules(AccountRulesSource):
    """The account settings, with the practice's name and time zone."""

    tx: Transaction

    async def get(self) -> AccountRules:
        row = await self.tx.fetchrow(RULES)
        return AccountRules() if row is None else account_rules_of(row["name"], row["time_zone"], row["settings"])
