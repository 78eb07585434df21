"""Deletes what has a limited retention, and creates the audit log's partitions ahead. Run by the worker.

Each job may run on several workers at once, and catches up on runs that were missed.
"""

from datetime import timedelta
from typing import Any

from attrs import frozen

from adapters.postgres.engine.columns import SCHEMA
from adapters.postgres.engine.metadata import metadata
from portal_core.kernel.sources import Clock


def retention() -> dict[str, tuple[str, timedelta]]:
    """Table, the column with the instant after which its rows are of no use, and how long they are kept after it."""
    tables = sorted(metadata.tables.values(), key=lambda table: table.name)
    return {table.name: table.info["retention"] for table in tables if "retention" in table.info}


def forgotten() -> dict[str, tuple[str, str]]:
    """Table, the column that is emptied, and the column with the instant after which it is of no use."""
    tables = sorted(metadata.tables.values(), key=lambda table: table.name)
    return {table.name: table.info["forgotten"] for table in tables if "forgotten" in table.info}


def delete_expired_function() -> str:
    """One function for all tables with a retention, practice by practice, since the indexes begin with the practice.

    It deletes only what has ended by the server's clock, whatever time it is given.
    A table may state its own condition instead (`info["expired"]`), in which `instant` is the time of the run.
    """
    conditions = {
        name: f"{column} < instant - make_interval(secs => {period.total_seconds():.0f})"
        for name, (column, period) in retention().items()
    } | {table.name: table.info["expired"] for table in metadata.tables.values() if "expired" in table.info}
    of_practices = {name for name in conditions if "practice_id" in metadata.tables[f"{SCHEMA}.{name}"].c}
    statements = [
        f"    DELETE FROM portal.{name} WHERE practice_id = practice AND {condition};"  # noqa: S608  (constants)
        for name, condition in conditions.items()
        if name in of_practices
    ] + [
        f"    UPDATE portal.{name} SET {column} = NULL WHERE practice_id = practice"  # noqa: S608  (constants)
        f" AND {column} IS NOT NULL AND {ended} < instant;"
        for name, (column, ended) in forgotten().items()
    ]
    of_all = "\n".join(
        f"  DELETE FROM portal.{name} WHERE {condition};"  # noqa: S608  (constants)
        for name, condition in conditions.items()
        if name not in of_practices
    )
    of_each = "\n".join(statements)
    return f"""
CREATE OR REPLACE FUNCTION portal.delete_expired(instant timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
DECLARE
  practice uuid;
BEGIN
  PERFORM portal.require_scope(NULL, '');
  -- A time to come would delete everybody's sessions.
  instant := least(instant, clock_timestamp());
  FOR practice IN SELECT id FROM portal.practices LOOP
{of_each}
  END LOOP;
{of_all}
END $$"""  # noqa: S608  (constants)


@frozen
class PostgresMaintenance:
    """Maintenance of all practices, by functions that run as the schema's owner."""

    pool: Any
    clock: Clock

    async def delete_expired(self) -> None:
        """Delete the rows whose retention has ended, and empty the columns that are of no use any more."""
        await self.pool.execute("SELECT portal.delete_expired($1)", self.clock.now())

    async def create_audit_partitions(self) -> None:
        """Create the audit log's partitions of this month and the next two, where they do not exist yet."""
        month = self.clock.now().date().replace(day=1)
        for _ in range(3):
            await self.pool.execute("SELECT portal.create_audit_partition($1)", month)
            month = (month + timedelta(days=31)).replace(day=1)
