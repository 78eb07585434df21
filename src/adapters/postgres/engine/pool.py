"""The connection pool of the application role."""

from typing import Any

import asyncpg
import msgspec


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """Skips the reset when a connection returns to the pool, because all settings end with their transaction."""

    def get_reset_query(self) -> str:
        return ""


async def _prepare(connection: Any) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=lambda value: msgspec.json.encode(value).decode(),
            decoder=msgspec.json.decode,
        )


async def open_pool(dsn: str, *, min_size: int = 2, max_size: int = 20, seconds: float = 30.0) -> Any:
    """Open a pool of asyncpg connections. `seconds` is the timeout of every statement.

    A statement is planned once for all values, unless its transaction spans a practice (docs/decisions/0008).
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        command_timeout=seconds,
        statement_cache_size=2000,
        max_cached_statement_lifetime=0,
        connection_class=_Connection,
        init=_prepare,
        server_settings={
            "plan_cache_mode": "force_generic_plan",
            "application_name": "portal",
            "jit": "off",
            "TimeZone": "UTC",
            "idle_in_transaction_session_timeout": "60000",
        },
    )


async def ping(pool: Any) -> None:
    """Return when the database responds; raise the driver's error when it does not."""
    await pool.fetchval("SELECT 1")
