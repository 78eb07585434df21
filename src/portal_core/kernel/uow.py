"""The unit of work: one transaction, scoped to the actor's practice and record, with its audit entries."""

from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar, overload

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditTrail
from portal_core.kernel.outbox import Outbox

T = TypeVar("T")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
U_co = TypeVar("U_co", covariant=True)

Read = Coroutine[Any, Any, T]
"""A call of a repository's method, not yet awaited."""


class UnitOfWork(Protocol):
    """The part common to every feature's unit of work; each feature's own Protocol adds its repositories."""

    @property
    def audit(self) -> AuditTrail: ...
    @property
    def outbox(self) -> Outbox: ...

    @overload
    async def read_together(self, one: Read[T1], two: Read[T2], /) -> tuple[T1, T2]: ...
    @overload
    async def read_together(self, one: Read[T1], two: Read[T2], three: Read[T3], /) -> tuple[T1, T2, T3]: ...
    @overload
    async def read_together(
        self, one: Read[T1], two: Read[T2], three: Read[T3], four: Read[T4], /
    ) -> tuple[T1, T2, T3, T4]: ...
    async def read_together(self, *reads: Read[Any]) -> tuple[Any, ...]:
        """Await repositories' reads that do not depend on each other, and return their results in the given order.

            own, busy = await unit.read_together(unit.holds.of_client(...), unit.calendar.busy(...))

        A database then reads them in one round trip.

        Raises:
            TypeError: one of them does more than read.
        """
        ...

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

    With `read_only` the unit reads, and writes nothing but audit entries. Each read is committed by itself, together
    with the entries that were recorded before it, so an adapter needs no transaction around them. Record the entry
    first where it does not depend on what is read.

    Raises:
        Replayed: the actor's idempotent request was already carried out. Raised by `commit`, or in place of an error,
            if the actor has lost rights since: errors that refuse access come first.
        IdempotencyMismatch: its key was already used for a different request.
        TypeError: a read-only unit was asked to write.
    """

    def __call__(self, actor: Actor, *, read_only: bool = False) -> AbstractAsyncContextManager[U_co]: ...
