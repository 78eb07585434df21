"""What row-level security decides in PostgreSQL: who reaches which rows."""

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from adapters.memory.engine.rows import own_rows
from adapters.memory.engine.store import MemoryTransaction
from portal_core.kernel.actor import ClientActor, ProxyActor, StaffActor, SystemActor

T = TypeVar("T")


def practice_wide(tx: MemoryTransaction) -> bool:
    """Staff and jobs reach the practice's rows."""
    return isinstance(tx.actor, StaffActor | SystemActor)


def portal_user(tx: MemoryTransaction) -> bool:
    """A client or proxy, who has no business with staff and invitations."""
    return isinstance(tx.actor, ClientActor | ProxyActor)


def only_practice_wide(tx: MemoryTransaction) -> None:
    """As the WITH CHECK of row-level security: portal users and visitors do not write this."""
    assert practice_wide(tx), "a use case wrote what only staff and jobs write"


def reaches_client(tx: MemoryTransaction, client_id: UUID) -> bool:
    """Staff and jobs all, portal users the record they act on and those of their standing grants."""
    if practice_wide(tx):
        return True
    if not isinstance(tx.actor, ClientActor | ProxyActor):
        return False
    held = (one.client_id for one in own_rows(tx, "grants") if one.account_id == tx.actor.account_id and one.is_active)
    return client_id == tx.record or client_id in held


def first(rows: Iterable[T]) -> T | None:
    return next(iter(rows), None)


def reaches(tx: MemoryTransaction, account_id: UUID) -> bool:
    """Whether the transaction reaches an account's rows: clients and proxies their own, the others the practice's."""
    return not isinstance(tx.actor, ClientActor | ProxyActor) or tx.actor.account_id == account_id
