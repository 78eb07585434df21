"""Fields that PostgreSQL encrypts with a client's key. In memory they are plain text, but are lost with the key too."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attrs import evolve

from adapters.memory.engine.rows import own_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.kernel.errors import RecordDestroyed

SEALED: dict[str, Mapping[str, Any]] = {}
"""The sealed fields of each table, with the value they have once the key is destroyed. Each feature adds its own."""


def key_destroyed(tx: MemoryTransaction, client_id: UUID) -> bool:
    """Whether the client's key was destroyed."""
    return own_key(tx, client_id) in tx.table("destroyed_keys")


def require_key(tx: MemoryTransaction, client_id: UUID, *texts: str | None) -> None:
    """Refuse to store a text for a client whose key was destroyed, as sealing does.

    Raises:
        RecordDestroyed: a text is given, but the key was destroyed.
    """
    if key_destroyed(tx, client_id) and any(text is not None for text in texts):
        raise RecordDestroyed


def as_stored(tx: MemoryTransaction, table: str, row: Any) -> Any:
    """Return the row; without its sealed fields if the client's key was destroyed."""
    return evolve(row, **SEALED[table]) if key_destroyed(tx, _client(row)) else row


def destroy_key(tx: MemoryTransaction, client_id: UUID) -> None:
    """Destroy the client's key, and with it the values of all sealed fields."""
    tx.table("destroyed_keys")[own_key(tx, client_id)] = True
    for table in SEALED:
        rows = tx.table(table)
        for key, row in rows.items():
            if key[0] == tx.practice_id and _client(row) == client_id:
                rows[key] = as_stored(tx, table, row)


def _client(row: Any) -> UUID:
    found: UUID = row.client_id if hasattr(row, "client_id") else row.id  # a client's own row
    return found
