"""Accounts in PostgreSQL."""

from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, select, update

from adapters.postgres.accounts.settings import account_rules_of
from adapters.postgres.accounts.tables import account_settings, accounts
from adapters.postgres.engine.columns import insert_all
from adapters.postgres.engine.constraint_errors import CONSTRAINT_ERRORS
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

COLUMNS = (
    accounts.c.id,
    accounts.c.practice_id,
    accounts.c.email,
    accounts.c.kind,
    accounts.c.created_at,
    accounts.c.client_id,
    accounts.c.staff_id,
    accounts.c.status,
    accounts.c.second_factor,
    accounts.c.issuer,
    accounts.c.subject,
    accounts.c.closed_at,
    accounts.c.version,
)
_here = accounts.c.practice_id == bindparam("practice_id")
_open = accounts.c.status != "closed"
GET = statement("accounts.get", select(*COLUMNS).where(_here, accounts.c.id == bindparam("id")))
FIND_BY_EMAIL = statement(
    "accounts.find_by_email",
    select(*COLUMNS).where(_here, _open, accounts.c.side == bindparam("side"), accounts.c.email == bindparam("email")),
)
FIND_BY_EXTERNAL = statement(
    "accounts.find_by_external",
    select(*COLUMNS).where(
        _here, _open, accounts.c.issuer == bindparam("issuer"), accounts.c.subject == bindparam("subject")
    ),
)
FIND_BY_PERSON = {
    side: statement(
        f"accounts.find_by_{column.name}", select(*COLUMNS).where(_here, _open, column == bindparam("person"))
    )
    for side, column in (("portal", accounts.c.client_id), ("practice", accounts.c.staff_id))
}
ADD = statement("accounts.add", insert_all(accounts))
SAVE = statement(
    "accounts.save",
    update(accounts)
    .where(_here, accounts.c.id == bindparam("account"), accounts.c.version == bindparam("before"))
    .values(
        email=bindparam("email"),
        status=bindparam("status"),
        second_factor=bindparam("second_factor"),
        issuer=bindparam("issuer"),
        subject=bindparam("subject"),
        closed_at=bindparam("closed_at"),
        version=bindparam("version"),
    ),
)
RULES = statement(
    "accounts.rules",
    select(practices.c.name, practices.c.time_zone, settings_text(account_settings))
    .outerjoin(account_settings, account_settings.c.practice_id == practices.c.id)
    .where(practices.c.id == bindparam("practice_id")),
)


def account_of(row: Any) -> Account:
    """Build an account from `COLUMNS`, in their order."""
    external = ExternalIdentity(row[9], row[10]) if row[9] is not None else None
    return Account(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], external, row[11], row[12])


def _values(account: Account) -> dict[str, Any]:
    return {
        "email": account.email,
        "status": account.status,
        "second_factor": account.second_factor,
        "issuer": account.external.issuer if account.external else None,
        "subject": account.external.subject if account.external else None,
        "closed_at": account.closed_at,
        "version": account.version,
    }


@define
class PostgresAccounts(Accounts):
    """Partial indexes keep open accounts unique by side and email, client, staff member and external identity."""

    tx: Transaction

    async def get(self, account_id: UUID) -> Account | None:
        row = await self.tx.fetchrow(GET, id=account_id)
        return None if row is None else account_of(row)

    async def find_by_email(self, side: Side, email: str) -> Account | None:
        row = await self.tx.fetchrow(FIND_BY_EMAIL, side=side, email=email)
        return None if row is None else account_of(row)

    async def find_by_external(self, external: ExternalIdentity) -> Account | None:
        row = await self.tx.fetchrow(FIND_BY_EXTERNAL, issuer=external.issuer, subject=external.subject)
        return None if row is None else account_of(row)

    async def find_by_person(self, side: Side, person_id: UUID) -> Account | None:
        row = await self.tx.fetchrow(FIND_BY_PERSON[side], person=person_id)
        return None if row is None else account_of(row)

    async def add(self, account: Account, audit_entry: AuditEntry) -> None:
        await self.tx.execute(
            ADD,
            id=account.id,
            side=account.side,
            kind=account.kind,
            client_id=account.client_id,
            staff_id=account.staff_id,
            created_at=account.created_at,
            **_values(account),
        )
        self.tx.add_audit_entry(audit_entry)

    async def save(self, account: Account, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE, account=account.id, before=account.version - 1, **_values(account))
        self.tx.add_audit_entry(audit_entry)


@define
class PostgresAccountRules(AccountRulesSource):
    """The account settings, with the practice's name and time zone."""

    tx: Transaction

    async def get(self) -> AccountRules:
        row = await self.tx.fetchrow(RULES)
        return AccountRules() if row is None else account_rules_of(row[0], row[1], row[2])
