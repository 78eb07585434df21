"""The unit of work: one transaction, scoped to the actor's practice and record, with the entries that explain it."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditTrail
from portal_core.kernel.outbox import Outbox

T = TypeVar("T")
U_co = TypeVar("U_co", covariant=True)


class UnitOfWork(Protocol):
    """What every feature's unit of work has; a feature's own Protocol adds its repositories."""

    @property
    def audit(self) -> AuditTrail: ...
    @property
    def outbox(self) -> Outbox: ...

    async def commit(self, result: T) -> T:
        """Keep what was done, and `result` as the answer to repetitions under the same idempotency key; returns it.

        Leaving the unit without it rolls everything back.
        """
        ...


class Begin(Protocol[U_co]):
    """Opens a unit of work for an actor.

    Inside it everything is confined to the actor's practice and, for a client or proxy, to the record they act on.
    When the block is left by `Forbidden`, or by `NotFound` with a kind, a denial is audited in a transaction of its
    own. No vendor is called while a unit is open. Units are not nested.

    Raises:
        Replayed: the actor's attempt was answered before.
        IdempotencyMismatch: its key was used before for another request.
    """

    def __call__(self, actor: Actor) -> AbstractAsyncContextManager[U_co]: ...
