"""Which rows of a table a transaction reaches: its practice's, and of them its record's."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from adapters.memory.engine.store import MemoryTransaction
from portal_core.kernel.page import Page, PageRequest


def own_key(tx: MemoryTransaction, *ids: UUID) -> tuple[UUID, ...]:
    """The key of a row of this practice."""
    return (tx.practice_id, *ids)


def own_rows(tx: MemoryTransaction, table: str) -> list[Any]:
    """The practice's rows of a table whose keys `own_key` made."""
    return [row for key, row in tx.table(table).items() if key[0] == tx.practice_id]


def visible(tx: MemoryTransaction, client_id: UUID) -> bool:
    """Whether the transaction reaches this client's rows at all."""
    return tx.record in (None, client_id)


def require_reachable(tx: MemoryTransaction, client_id: UUID) -> None:
    """As the WITH CHECK of row-level security: a client's transaction writes rows of their own record only."""
    assert visible(tx, client_id), "a use case wrote another client's row"


def newest_first(rows: Iterable[Any], page: PageRequest) -> Page[Any]:
    """The page of rows with an `id`, the greatest first."""
    before = page.before_id()
    found = sorted((row for row in rows if row.id < before), key=lambda row: row.id, reverse=True)
    return page.paginate(found, lambda row: row.id)


def time_zone_at(tx: MemoryTransaction, location_id: UUID | None) -> str:
    """The place's zone, the practice's where there is none."""
    if location_id is not None:
        return str(tx.table("locations")[own_key(tx, location_id)].time_zone)
    return str(tx.table("practices")[tx.practice_id].time_zone)
