"""Settings of a practice in PostgreSQL: one table for each feature, one row for each practice, as JSON."""

from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

import msgspec
from attrs import define, frozen
from sqlalchemy import Integer, Label, PrimaryKeyConstraint, Table, Text, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.codec import converter
from adapters.postgres.engine.columns import document, narrow, practice_table, version
from adapters.postgres.engine.statements import Statement, statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.settings import SettingsStore, Versioned

S = TypeVar("S")


def settings_table(name: str) -> Table:
    """A table of one feature's settings. A practice without a row has the defaults."""
    table = practice_table(name, document("values"), version(), PrimaryKeyConstraint("practice_id"))
    narrow(table, "insert", "update", to=("practice",))
    return table


def settings_text(table: Table) -> Label[Any]:
    """The values as JSON text for `decode_settings`, labelled `settings`, for statements that join the table."""
    return table.c["values"].cast(Text).label("settings")


@lru_cache(maxsize=4096)
def _decode(kind: Any, values: str | None) -> Any:
    return converter.structure(msgspec.json.decode(values) if values else {}, kind)


def decode_settings(kind: type[S], values: str | None) -> S:
    """The settings from their JSON text; what it does not name, or a missing row, has the defaults.

    Cached by the text: the rows of one practice have the same text, which is decoded once.
    """
    return cast(S, _decode(cast(Any, kind), values))


@frozen
class StoredSettings(Generic[S]):
    """How one kind of settings is stored: its class, and the statements of its table."""

    kind: type[S]
    read: Statement
    upsert: Statement
    change: Statement

    @classmethod
    def of(cls, table: Table, kind: type[S]) -> "StoredSettings[S]":
        """Registers the statements under the name of the table."""
        here = table.c.practice_id == bindparam("practice_id")
        values = bindparam("values", type_=table.c["values"].type)
        known_version = bindparam("known_version", type_=Integer)
        row = insert(table).values({"practice_id": bindparam("practice_id"), "values": values, "version": 1})
        upsert = row.on_conflict_do_update(
            index_elements=["practice_id"],
            set_={"values": row.excluded["values"], "version": table.c.version + 1},
            where=table.c.version == func.coalesce(known_version, table.c.version),
        )
        change = update(table).where(here, table.c.version == known_version)
        return cls(
            kind,
            statement(f"{table.name}.get", select(settings_text(table), table.c.version).where(here)),
            statement(f"{table.name}.save", upsert.returning(table.c.version)),
            statement(
                f"{table.name}.change",
                change.values({"values": values, "version": table.c.version + 1}).returning(table.c.version),
            ),
        )

    def store(self, tx: Transaction) -> "PostgresSettingsStore[S]":
        """The repository over a transaction."""
        return PostgresSettingsStore(tx, self)


@define
class PostgresSettingsStore(SettingsStore[S]):
    """The row of the practice. Two first saves at version 0 meet at the primary key, and the second is refused."""

    tx: Transaction
    stored: StoredSettings[S]

    async def get(self) -> Versioned[S]:
        row = await self.tx.fetchrow(self.stored.read)
        if row is None:
            return Versioned(decode_settings(self.stored.kind, None))
        return Versioned(decode_settings(self.stored.kind, row["settings"]), row["version"])

    async def save(self, value: S, version: int | None, audit_entry: AuditEntry) -> int:
        save = self.stored.change if version else self.stored.upsert
        row = await self.tx.fetchrow(save, values=converter.unstructure(value), known_version=version)
        if row is None:
            raise StaleVersion
        self.tx.add_audit_entry(audit_entry)
        return int(row["version"])
