"""The connection pool of the application role."""

from typing import Any

import asyncpg
import msgspec

from adapters.postgres.engine.database_url import complete_url

ARRAYS = ("uuid", "text", "timestamptz", "bytea", "integer")
"""The element types of the tables' array columns."""


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """Skips the reset when a connection returns to the pool, because all settings end with their transaction."""

    def get_reset_query(self) -> str:
        return ""


async def _prepare(connection: Any) -> None:
    # In binary, as the columns of records are, in which rows that are read together come. JSONB has a version byte.
    for name, version in (("json", b""), ("jsonb", b"\x01")):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=lambda value, version=version: version + msgspec.json.encode(value),
            decoder=lambda data, version=version: msgspec.json.decode(memoryview(data)[len(version) :]),
            format="binary",
        )
    # The driver looks up the types of columns, but not those within records. So it looks up the arrays in advance.
    await connection.fetchrow(f"SELECT {', '.join(f'NULL::{name}[]' for name in ARRAYS)}")


async def open_pool(dsn: str, *, min_size: int = 2, max_size: int = 20, seconds: float = 30.0) -> Any:
    """Open a pool of asyncpg connections. `seconds` is the timeout of every statement.

    A statement is planned once for all values, unless its transaction spans a practice (docs/decisions/0008).

    Raises:
        IncompleteDatabaseUrl: `dsn` does not name its server.
        OSError: the server does not respond.
    """
    return await asyncpg.create_pool(
        complete_url(dsn),
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
