"""Which actors may access which rows, as PostgreSQL's row-level security decides."""

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from adapters.memory.engine.rows import own_rows
from adapters.memory.engine.store import MemoryTransaction
from portal_core.kernel.actor import ClientActor, ProxyActor, StaffActor, SystemActor, own_clients_of

T = TypeVar("T")


def practice_wide(tx: MemoryTransaction) -> bool:
    """Whether the actor may access all rows of the practice: staff and jobs."""
    return isinstance(tx.actor, StaffActor | SystemActor)


def portal_user(tx: MemoryTransaction) -> bool:
    """Whether the actor is a client or proxy, who may not access staff and invitations."""
    return isinstance(tx.actor, ClientActor | ProxyActor)


def only_practice_wide(tx: MemoryTransaction) -> None:
    """Assert that the actor is staff or a job, as row-level security's WITH CHECK does."""
    assert practice_wide(tx), "a use case wrote a row that only staff and jobs may write"


def reaches_client(tx: MemoryTransaction, client_id: UUID) -> bool:
    """Whether the actor may access a client: staff and jobs any, portal users their record and their grants'."""
    if practice_wide(tx):
        return True
    if not isinstance(tx.actor, ClientActor | ProxyActor):
        return False
    held = (one.client_id for one in own_rows(tx, "grants") if one.account_id == tx.actor.account_id and one.is_active)
    return client_id == tx.record or client_id in held


def is_visible_client(tx: MemoryTransaction, client_id: UUID) -> bool:
    """As `reaches_client`, and a clinician who sees own clients only: is on their care team, or has an appointment."""
    clinician_id = own_clients_of(tx.actor)
    if clinician_id is None:
        return reaches_client(tx, client_id)
    if (tx.practice_id, client_id, clinician_id) in tx.table("care_team"):
        return True
    mine = {one.id for one in own_rows(tx, "appointments") if one.clinician_id == clinician_id}
    return any(one.client_id == client_id and one.appointment_id in mine for one in own_rows(tx, "attendances"))


def first(rows: Iterable[T]) -> T | None:
    return next(iter(rows), None)


def reaches(tx: MemoryTransaction, account_id: UUID) -> bool:
    """Whether the actor may access an account: clients and proxies only their own, all others any of the practice."""
    return not isinstance(tx.actor, ClientActor | ProxyActor) or tx.actor.account_id == account_id
