"""The unit of work: one transaction, scoped to the actor's practice and record, with its audit entries."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditTrail
from portal_core.kernel.outbox import Outbox

T = TypeVar("T")
U_co = TypeVar("U_co", covariant=True)


class UnitOfWork(Protocol):
    """The part common to every feature's unit of work; each feature's own Protocol adds its repositories."""

    @property
    def audit(self) -> AuditTrail: ...
    @property
    def outbox(self) -> Outbox: ...

    async def commit(self, result: T) -> T:
        """Commit the transaction and return `result`, which is stored as the response for the idempotency key, if any.

        Leaving the unit without a commit rolls everything back.
        """
        ...


class Begin(Protocol[U_co]):
    """Opens a unit of work for an actor.

    Inside it everything is confined to the actor's practice and, for a client or proxy, to the record they act on.
    When `Forbidden`, or `NotFound` with a kind, leaves the block, a denial is audited in a separate transaction.
    Do not call a vendor while a unit is open, and do not nest units.

    Raises:
        Replayed: the actor's idempotent request was already carried out.
        IdempotencyMismatch: its key was already used for a different request.
    """

    def __call__(self, actor: Actor) -> AbstractAsyncContextManager[U_co]: ...
