"""Which identity provider a practice trusts, read outside of units of work."""

from typing import Any
from uuid import UUID

from attrs import define

from adapters.oidc.issuers import OidcIssuers
from adapters.postgres.accounts.settings import OIDC_SETTINGS
from adapters.postgres.engine.outages import raise_unavailable_on_outage
from adapters.postgres.engine.scope import begin_transaction_sql
from adapters.postgres.engine.settings import decode_settings
from portal_core.accounts.settings import OidcSettings
from portal_core.kernel.actor import VisitorActor

GET_ISSUER = OIDC_SETTINGS.read


@define
class PostgresOidcIssuers(OidcIssuers):
    """Read for every sign-in, in a transaction that sees the one practice as a visitor does."""

    pool: Any

    async def of(self, practice_id: UUID) -> OidcSettings:
        arguments = GET_ISSUER.arguments({"practice_id": practice_id})
        with raise_unavailable_on_outage():
            async with self.pool.acquire() as connection:
                await connection.execute(begin_transaction_sql(VisitorActor(practice_id)))
                try:
                    values = await connection.fetchval(GET_ISSUER.sql, *arguments)
                finally:
                    if not connection.is_closed():
                        await connection.execute("ROLLBACK")
        return decode_settings(OidcSettings, values)
