"""What PostgreSQL seals with a client's key: here it stands in plain words, and goes with the key all the same."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import evolve

from adapters.memory.engine.rows import own_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.kernel.errors import RecordDestroyed

SEALED: dict[str, Mapping[str, Any]] = {}
"""By table, the fields that are sealed, with what is read of them once the key is gone. Each feature adds its own."""


def key_destroyed(tx: MemoryTransaction, client_id: UUID) -> bool:
    """Whether the client's key is gone."""
    return own_key(tx, client_id) in tx.table("destroyed_keys")


def require_key(tx: MemoryTransaction, client_id: UUID, *texts: str | None) -> None:
    """As sealing does.

    Raises:
        RecordDestroyed: there is a text, and no key any more.
    """
    if key_destroyed(tx, client_id) and any(text is not None for text in texts):
        raise RecordDestroyed


def as_stored(tx: MemoryTransaction, table: str, row: Any) -> Any:
    """The row, without what can be sealed no more."""
    return evolve(row, **SEALED[table]) if key_destroyed(tx, _client(row)) else row


def destroy_key(tx: MemoryTransaction, client_id: UUID) -> None:
    """Destroy the client's key, and with it everything that it sealed."""
    tx.table("destroyed_keys")[own_key(tx, client_id)] = True
    for table in SEALED:
        rows = tx.table(table)
        for key, row in rows.items():
            if key[0] == tx.practice_id and _client(row) == client_id:
                rows[key] = as_stored(tx, table, row)


def _client(row: Any) -> UUID:
    found: UUID = getattr(row, "client_id", row.id)  # a client's own row has no client_id
    return found
