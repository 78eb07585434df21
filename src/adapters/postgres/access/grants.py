"""Proxies' grants in PostgreSQL."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Date, Integer, any_, bindparam, insert, literal_column, select

from adapters.postgres.access.tables import grants
from adapters.postgres.accounts.tables import accounts
from adapters.postgres.engine.columns import Uuids
from adapters.postgres.engine.constraint_errors import CONSTRAINT_ERRORS
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import clients
from portal_core.access.errors import GrantExists
from portal_core.access.model import Grant, ordered
from portal_core.access.ports import Grants
from portal_core.access.views import GrantHolderView
from portal_core.kernel.audit import AuditEntry

CONSTRAINT_ERRORS["grants_active_key"] = GrantExists

_GRANT = entity(Grant, grants, areas=(grants.c.areas,))
_holders = clients.alias("holders")
_grant_here = grants.c.practice_id == bindparam("practice_id")
_active = (grants.c.revoked_at.is_(None), grants.c.ended_at.is_(None))
GET_GRANT = statement(
    "grants.get",
    select(*_GRANT.columns).where(
        _grant_here, grants.c.client_id == bindparam("client_id"), grants.c.id == bindparam("id")
    ),
)
ADD_GRANT = statement("grants.add", insert(grants))
SAVE_GRANT = statement(
    "grants.save",
    update_version(grants, "until", "restricted_from", "revoked_at", "ended_at").where(
        grants.c.client_id == bindparam("client_id")
    ),
)
LIST_GRANTS_FOR_CLIENT = statement(
    "grants.list_for_client",
    select(*_GRANT.columns)
    .where(_grant_here, grants.c.client_id == bindparam("client_id"))
    .order_by(grants.c.id.desc()),
)
LIST_GRANTS_WITH_HOLDERS = statement(
    "grants.list_with_holders",
    select(*_GRANT.columns, accounts.c.email, _holders.c.given_name, _holders.c.family_name, _holders.c.chosen_name)
    .join(
        accounts,
        (accounts.c.practice_id == grants.c.practice_id)
        & (accounts.c.id == grants.c.account_id)
        & (accounts.c.status != "closed"),
        isouter=True,
    )
    .join(
        _holders,
        (_holders.c.practice_id == accounts.c.practice_id) & (_holders.c.id == accounts.c.client_id),
        isouter=True,
    )
    .where(_grant_here, grants.c.client_id == bindparam("client_id"))
    .order_by(grants.c.id.desc()),
    scope_exemption="who has access to one record: other accounts, and the clients whose they are",
)
PROXY_MANAGED = statement(
    "grants.proxy_managed",
    select(grants.c.client_id)
    .distinct()
    .where(
        _grant_here,
        grants.c.client_id == any_(bindparam("client_ids", type_=Uuids)),
        grants.c.may_write,
        literal_column("'profile'") == any_(grants.c.areas),
        *_active,
    ),
)
LIST_GRANTS_HELD_BY = statement(
    "grants.list_held_by",
    select(*_GRANT.columns, clients.c.given_name, clients.c.family_name, clients.c.chosen_name)
    .join(clients, (clients.c.practice_id == grants.c.practice_id) & (clients.c.id == grants.c.client_id))
    .where(_grant_here, grants.c.account_id == bindparam("account"), *_active)
    .order_by(clients.c.sort_name, clients.c.id),
    scope_exemption="one account's grants, over several clients",
)
LIST_EXPIRED_GRANTS = statement(
    "grants.list_expired",
    select(*_GRANT.columns)
    .where(_grant_here, grants.c.until <= bindparam("today", type_=Date()), *_active)
    .order_by(grants.c.until, grants.c.id)
    .limit(bindparam("size", type_=Integer)),
    scope_exemption="the practice's scheduled job",
)


@define
class PostgresGrants(Grants):
    """At most one active grant per account and client, enforced by a partial index."""

    tx: Transaction

    async def get(self, client_id: UUID, grant_id: UUID) -> Grant | None:
        row = await self.tx.fetchrow(GET_GRANT, client_id=client_id, id=grant_id)
        return None if row is None else _grant(row)

    async def add(self, grant: Grant, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD_GRANT, **_GRANT.values(grant, areas=ordered(grant.areas)))
        self.tx.add_audit_entry(audit_entry)

    async def save(self, grant: Grant, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE_GRANT, **_GRANT.values(grant))
        self.tx.add_audit_entry(audit_entry)

    async def list_for_client(self, client_id: UUID) -> tuple[Grant, ...]:
        return tuple(map(_grant, await self.tx.fetch(LIST_GRANTS_FOR_CLIENT, client_id=client_id)))

    async def list_with_holders(self, client_id: UUID) -> tuple[tuple[Grant, GrantHolderView], ...]:
        rows = await self.tx.fetch(LIST_GRANTS_WITH_HOLDERS, client_id=client_id)
        return tuple(
            (_grant(row), GrantHolderView(row["email"], _name(row) if row["given_name"] else None)) for row in rows
        )

    async def proxy_managed(self, client_ids: Collection[UUID]) -> frozenset[UUID]:
        rows = await self.tx.fetch(PROXY_MANAGED, client_ids=list(client_ids))
        return frozenset([row[0] for row in rows])

    async def list_held_by(self, account_id: UUID) -> tuple[tuple[Grant, str], ...]:
        rows = await self.tx.fetch(LIST_GRANTS_HELD_BY, account=account_id)
        return tuple((_grant(row), _name(row)) for row in rows)

    async def list_expired(self, today: date, limit: int) -> tuple[Grant, ...]:
        return tuple(map(_grant, await self.tx.fetch(LIST_EXPIRED_GRANTS, today=today, size=limit)))


def _name(row: Any) -> str:
    return f"{row['chosen_name'] or row['given_name']} {row['family_name']}"


def _grant(row: Any) -> Grant:
    return _GRANT.of(row, areas=frozenset(row["areas"]))
