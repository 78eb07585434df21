"""Reads of one record without a transaction around them: each takes one round trip, where a transaction takes four.

A statement that is sent by itself is a transaction of its own. So it can set the actor's scope, read, and write audit
entries: the settings end with it, and the entries are committed before its rows are returned.
"""

from functools import lru_cache
from typing import Any

from attrs import define
from sqlalchemy import literal_column, select, table

from adapters.postgres.engine.audit import add_entries
from adapters.postgres.engine.scope import SETTINGS, actor_settings
from adapters.postgres.engine.statements import Statement, compile_statement, only_reads, renumbered
from adapters.postgres.engine.transaction import Transaction

_ADD_ENTRIES = compile_statement("read_only.audit", add_entries(table("scope")))
_NOTHING = compile_statement("read_only.nothing", select(literal_column("1")).select_from(table("scope")))


@lru_cache(maxsize=4096)
def scoped_read(statement: Statement) -> str:
    """The statement with the actor's scope and audit entries; their parameters follow its own.

    The settings must hold before anything is read, and the order of evaluation within a statement is otherwise
    PostgreSQL's choice. Here it has none: `scope` is evaluated once, and a lateral subquery that depends on its row can
    run only after it (OFFSET 0 keeps it a subquery). Were it otherwise, row-level security would show no row at all.

    Raises:
        TypeError: the statement does more than read.
    """
    if not only_reads(statement):
        raise TypeError(f"a read-only unit of work cannot run {statement.name}")
    first = len(statement.names)
    settings = ", ".join(f"set_config('{name}', ${first + place}, true)" for place, name in enumerate(SETTINGS, 1))
    return (
        f"WITH scope AS MATERIALIZED (SELECT ROW({settings}) IS NOT NULL AS is_set), "  # noqa: S608  # compiled statements and names only
        f"audit AS ({renumbered(_ADD_ENTRIES.sql, first + len(SETTINGS))}) "
        f"SELECT found.* FROM scope, "
        f"LATERAL (SELECT * FROM ({statement.sql}) AS read WHERE scope.is_set OFFSET 0) AS found"
    )


@define
class ReadOnlyTransaction(Transaction):
    """Commits each read by itself, with the audit entries that were recorded before it."""

    def write_later(self, statement: Statement, /, **values: Any) -> None:
        raise TypeError(f"a read-only unit of work cannot run {statement.name}")

    async def flush(self) -> None:
        """Write the audit entries that no read has followed."""
        if self.entries:
            await self._send("fetch", _NOTHING, [])

    async def commit(self) -> None:
        """Write the remaining audit entries; everything else is committed already."""
        await self.flush()

    async def _send(self, method: str, statement: Statement, arguments: list[Any]) -> Any:
        audit = {"practice_id": self.practice_id, "entries": self.take_entries()}
        given = *arguments, *actor_settings(self.actor), *_ADD_ENTRIES.arguments(audit)
        return await self._call(method, scoped_read(statement), given)
