"""Checks whether a database holds a portal, and removes an unused one."""

from typing import Final, Literal

import asyncpg
import psycopg

from adapters.postgres.engine.database_url import complete_url

Role = Literal["app", "worker", "owner"]
_PROBES: Final[dict[Role, str]] = {
    "app": "SELECT FROM portal.practices LIMIT 0",
    "worker": "SELECT FROM jobs.procrastinate_jobs LIMIT 0",
    "owner": "SELECT FROM portal.alembic_version LIMIT 0",
}


async def server_version(url: str, role: Role, *, seconds: float = 60.0) -> int:
    """Connect as a role, check that its tables exist, and return PostgreSQL's major version.

    Raises the driver's errors; see `adapters.postgres.engine.outages`.
    """
    connection = await asyncpg.connect(complete_url(url), timeout=seconds)
    try:
        await connection.execute(_PROBES[role])
        return int(connection.get_server_version().major)
    finally:
        await connection.close()


def drop_installation(slug: str, owner_url: str) -> bool:
    """Drop the portal's schemas from a database, unless there is a practice other than `slug`.

    Returns whether the database is now empty of a portal.
    """
    with psycopg.connect(complete_url(owner_url), autocommit=True) as owner:
        if owner.execute("SELECT to_regclass('portal.practices')").fetchone() != (None,):
            if owner.execute("SELECT FROM portal.practices WHERE slug <> %s", (slug,)).fetchone() is not None:
                return False
            owner.execute("DROP SCHEMA portal, jobs CASCADE")
    return True
