"""Which issuers practices believe, from their settings."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, select

from adapters.oidc.issuers import OIDC_SECTION, OidcIssuers
from adapters.postgres.engine.base_unit import begin_transaction_sql
from adapters.postgres.engine.outages import raise_unavailable_on_outage
from adapters.postgres.engine.statements import statement
from adapters.postgres.people.tables import practices
from portal_core.kernel.actor import VisitorActor

GET_ISSUER = statement("oidc.issuer", select(practices.c.settings).where(practices.c.id == bindparam("practice_id")))


@define
class PostgresOidcIssuers(OidcIssuers):
    """Read for every sign-in, in a transaction that sees the one practice as a visitor does."""

    pool: Any

    async def of(self, practice_id: UUID) -> Mapping[str, Any]:
        arguments = GET_ISSUER.arguments({"practice_id": practice_id})
        with raise_unavailable_on_outage():
            async with self.pool.acquire() as connection:
                await connection.execute(begin_transaction_sql(VisitorActor(practice_id)))
                try:
                    settings = await connection.fetchval(GET_ISSUER.sql, *arguments)
                finally:
                    if not connection.is_closed():
                        await connection.execute("ROLLBACK")
        section = (settings or {}).get(OIDC_SECTION, {})
        return section if isinstance(section, dict) else {}
