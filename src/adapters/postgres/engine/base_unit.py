"""The unit of work in PostgreSQL: one transaction, confined to the actor's practice and record."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from attrs import define, field

from adapters.postgres.engine.idempotency import claim_key, release_claim, save_response
from adapters.postgres.engine.keys import RecordKeys
from adapters.postgres.engine.outages import raise_unavailable_on_outage
from adapters.postgres.engine.outbox import PostgresOutbox
from adapters.postgres.engine.read_only import ReadOnlyTransaction
from adapters.postgres.engine.scope import begin_transaction_sql, within_record
from adapters.postgres.engine.transaction import Transaction
from adapters.unit_composition import Repository
from portal_core.kernel.actor import Actor, own_clients_of
from portal_core.kernel.audit import AuditEntry, AuditTrail, denial
from portal_core.kernel.errors import NotFound, PortalError
from portal_core.kernel.idempotency import refuses_access
from portal_core.kernel.sources import Clock, IdSource

T = TypeVar("T")


@define
class _Entries(AuditTrail):
    tx: Transaction

    async def record(self, entry: AuditEntry) -> None:
        self.tx.add_audit_entry(entry)


@define
class PostgresUnit:
    """The base of all units of work; features' units add their repositories."""

    tx: Transaction
    audit: AuditTrail = field(init=False)
    outbox: PostgresOutbox = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.audit = _Entries(self.tx)
        self.outbox = PostgresOutbox(self.tx)

    async def read_together(self, *reads: Coroutine[Any, Any, Any]) -> Any:
        """In one round trip for what each of them sends first, one for what each sends then, and so on."""
        return await self.tx.read_together(*reads)

    async def require_visible(self, client_id: UUID) -> None:
        """Require that the actor sees this client; the unit of the feature people knows.

        Raises:
            NotFound: they do not.
        """
        raise NotFound("client", client_id)

    async def commit(self, result: T) -> T:
        """Write the audit entries and the idempotent response, and commit.

        Raises:
            Replayed: the request was carried out before; nothing is written.
            NotFound: it was, for a client whom the actor sees no more.
        """
        if self.tx.replayed is not None:
            for client_id in sorted(self.tx.replayed.records) if own_clients_of(self.tx.actor) else ():
                await self.require_visible(client_id)
            raise self.tx.replayed
        if self.tx.actor.origin.idempotent_request is not None:
            await save_response(self.tx, msgspec.json.encode(result))
        await self.tx.commit()
        return result


def repository(make: Callable[[Transaction], T]) -> Repository[Transaction, T]:
    """Declare a repository of a unit."""
    return Repository(make)


@define
class PostgresBegin:
    """Opens units of work over a connection pool of the application role.

    `public_url` is the deployment's URL, for practices without a host name of their own. `needs_clinician_link` is that
    of the deployment's video rooms.
    """

    pool: Any
    keys: RecordKeys
    clock: Clock
    ids: IdSource
    unit: type[PostgresUnit]
    public_url: str = "http://127.0.0.1:8000"
    needs_clinician_link: bool = False

    @asynccontextmanager
    async def __call__(self, actor: Actor, *, read_only: bool = False) -> AsyncIterator[Any]:
        with raise_unavailable_on_outage():
            # Before the transaction, because this may call the master key's vendor.
            await self.keys.practice(self.pool, actor.practice_id)
            async with self.pool.acquire() as connection:
                # Across a practice, statements are planned for their values, and planning needs the scope beforehand.
                alone = read_only and within_record(actor) and actor.origin.idempotent_request is None
                kind = ReadOnlyTransaction if alone else Transaction
                tx = kind(
                    connection,
                    actor,
                    self.clock,
                    self.ids,
                    self.keys,
                    public_url=self.public_url,
                    needs_clinician_link=self.needs_clinician_link,
                )
                if not alone:
                    await connection.execute(begin_transaction_sql(actor))
                try:
                    await claim_key(tx)
                    yield self.unit(tx)
                except PortalError as error:
                    await self._roll_back(tx)
                    if tx.replayed is not None and not refuses_access(error):
                        raise tx.replayed from None
                    await self._deny(connection, actor, error)
                    raise
                finally:
                    await self._roll_back(tx)

    async def _roll_back(self, tx: Transaction) -> None:
        connection = tx.connection
        if not connection.is_closed() and connection.is_in_transaction():
            await connection.execute("ROLLBACK")
            release_claim(tx)

    async def _deny(self, connection: Any, actor: Actor, error: PortalError) -> None:
        denied = denial(error)
        if denied is not None:
            await ReadOnlyTransaction(connection, actor, self.clock, self.ids, self.keys, [denied]).commit()
