"""Proxies' grants in PostgreSQL."""

from datetime import date
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Date, Integer, bindparam, select, update

from adapters.postgres.access.tables import grants
from adapters.postgres.engine.columns import insert_all
from adapters.postgres.engine.constraints import REFUSALS
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import clients
from portal_core.access.errors import GrantExists
from portal_core.access.model import Grant, ordered
from portal_core.access.ports import Grants
from portal_core.kernel.audit import Audited

REFUSALS["grants_standing_key"] = GrantExists

GRANT_COLUMNS = (
    grants.c.id,
    grants.c.practice_id,
    grants.c.client_id,
    grants.c.account_id,
    grants.c.relation,
    grants.c.areas,
    grants.c.may_write,
    grants.c.starts,
    grants.c.decided_by,
    grants.c.decided_at,
    grants.c.until,
    grants.c.decided_until,
    grants.c.narrows_on,
    grants.c.authorised_by_minor,
    grants.c.revoked_at,
    grants.c.ended_at,
    grants.c.version,
)
_grant_here = grants.c.practice_id == bindparam("practice_id")
_stands = (grants.c.revoked_at.is_(None), grants.c.ended_at.is_(None))
GET_GRANT = statement(
    "grants.get",
    select(*GRANT_COLUMNS).where(
        _grant_here, grants.c.client_id == bindparam("client_id"), grants.c.id == bindparam("id")
    ),
)
ADD_GRANT = statement("grants.add", insert_all(grants))
SAVE_GRANT = statement(
    "grants.save",
    update(grants)
    .where(
        _grant_here,
        grants.c.client_id == bindparam("client_id"),
        grants.c.id == bindparam("grant_id"),
        grants.c.version == bindparam("before"),
    )
    .values(
        until=bindparam("until"),
        narrows_on=bindparam("narrows_on"),
        revoked_at=bindparam("revoked_at"),
        ended_at=bindparam("ended_at"),
        version=bindparam("version"),
    ),
)
GRANTS_OVER = statement(
    "grants.over",
    select(*GRANT_COLUMNS)
    .where(_grant_here, grants.c.client_id == bindparam("client_id"))
    .order_by(grants.c.id.desc()),
)
GRANTS_HELD = statement(
    "grants.held_by",
    select(*GRANT_COLUMNS, clients.c.given_name, clients.c.family_name, clients.c.chosen_name)
    .join(clients, (clients.c.practice_id == grants.c.practice_id) & (clients.c.id == grants.c.client_id))
    .where(_grant_here, grants.c.account_id == bindparam("account"), *_stands)
    .order_by(clients.c.sort_name, clients.c.id),
    across="one account's grants, over several clients",
)
GRANTS_DUE = statement(
    "grants.due",
    select(*GRANT_COLUMNS)
    .where(_grant_here, grants.c.until <= bindparam("today", type_=Date()), *_stands)
    .order_by(grants.c.until, grants.c.id)
    .limit(bindparam("size", type_=Integer)),
    across="the practice's dated job",
)


@define
class PostgresGrants(Grants):
    """One standing grant for an account and a client, by a partial index."""

    tx: Transaction

    async def get(self, client_id: UUID, grant_id: UUID) -> Grant | None:
        row = await self.tx.fetchrow(GET_GRANT, client_id=client_id, id=grant_id)
        return None if row is None else _grant(row)

    async def add(self, grant: Grant, audited: Audited) -> None:
        await self.tx.execute(
            ADD_GRANT,
            id=grant.id,
            client_id=grant.client_id,
            account_id=grant.account_id,
            relation=grant.relation,
            areas=list(ordered(grant.areas)),
            may_write=grant.may_write,
            starts=grant.starts,
            decided_until=grant.decided_until,
            authorised_by_minor=grant.authorised_by_minor,
            decided_by=grant.decided_by,
            decided_at=grant.decided_at,
            **_grant_values(grant),
        )
        self.tx.audited(audited)

    async def save(self, grant: Grant, audited: Audited) -> None:
        await self.tx.save(
            SAVE_GRANT, client_id=grant.client_id, grant_id=grant.id, before=grant.version - 1, **_grant_values(grant)
        )
        self.tx.audited(audited)

    async def over(self, client_id: UUID) -> tuple[Grant, ...]:
        return tuple(map(_grant, await self.tx.fetch(GRANTS_OVER, client_id=client_id)))

    async def held_by(self, account_id: UUID) -> tuple[tuple[Grant, str], ...]:
        rows = await self.tx.fetch(GRANTS_HELD, account=account_id)
        return tuple((_grant(row[:17]), f"{row[19] or row[17]} {row[18]}") for row in rows)

    async def due(self, today: date, limit: int) -> tuple[Grant, ...]:
        return tuple(map(_grant, await self.tx.fetch(GRANTS_DUE, today=today, size=limit)))


def _grant(row: Any) -> Grant:
    values = list(row)
    values[5] = frozenset(row[5])
    return Grant(*values)


def _grant_values(grant: Grant) -> dict[str, Any]:
    return {
        "until": grant.until,
        "narrows_on": grant.narrows_on,
        "revoked_at": grant.revoked_at,
        "ended_at": grant.ended_at,
        "version": grant.version,
    }
