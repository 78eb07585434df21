"""Access to rows within a transaction's practice and record."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from adapters.memory.engine.store import MemoryTransaction
from portal_core.kernel.page import Page, PageRequest


def own_key(tx: MemoryTransaction, *ids: UUID) -> tuple[UUID, ...]:
    """Return the key of a row of this practice."""
    return (tx.practice_id, *ids)


def own_rows(tx: MemoryTransaction, table: str) -> list[Any]:
    """Return the practice's rows of a table. Its keys must come from `own_key`."""
    return [row for key, row in tx.table(table).items() if key[0] == tx.practice_id]


def visible(tx: MemoryTransaction, client_id: UUID) -> bool:
    """Whether the transaction may access this client's rows."""
    return tx.record in (None, client_id)


def require_reachable(tx: MemoryTransaction, client_id: UUID) -> None:
    """Assert that the transaction may write this client's rows, as row-level security's WITH CHECK does."""
    assert visible(tx, client_id), "a use case wrote another client's row"


def newest_first(rows: Iterable[Any], page: PageRequest) -> Page[Any]:
    """Return a page of the rows, by descending `id`."""
    before = page.before_id()
    found = sorted((row for row in rows if row.id < before), key=lambda row: row.id, reverse=True)
    return page.paginate(found, lambda row: row.id)


def time_zone_at(tx: MemoryTransaction, location_id: UUID | None) -> str:
    """Return the location's time zone, or the practice's without a location."""
    if location_id is not None:
        return str(tx.table("locations")[own_key(tx, location_id)].time_zone)
    return str(tx.table("practices")[tx.practice_id].time_zone)
