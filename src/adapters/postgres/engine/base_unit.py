"""The unit of work in PostgreSQL: one transaction, confined to the actor's practice and record."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from attrs import define, field

from adapters.postgres.engine.audit import write_entries
from adapters.postgres.engine.idempotency import claim_key, release_claim, save_response
from adapters.postgres.engine.keys import RecordKeys
from adapters.postgres.engine.outages import raise_unavailable_on_outage
from adapters.postgres.engine.outbox import PostgresOutbox
from adapters.postgres.engine.transaction import Transaction
from adapters.unit_composition import Repository
from portal_core.kernel.actor import Actor, ClientActor, ProxyActor, StaffActor, SystemActor, VisitorActor
from portal_core.kernel.audit import AuditEntry, AuditTrail, denial
from portal_core.kernel.errors import PortalError
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

    async def commit(self, result: T) -> T:
        """Write the audit entries and the idempotent response, and commit."""
        await self.flush(result)
        await self.tx.connection.execute("COMMIT")
        return result

    async def flush(self, result: object) -> None:
        """Write the audit entries, and the response if the request has an idempotency key; last before the commit."""
        await write_entries(self.tx)
        if self.tx.actor.origin.idempotent_request is not None:
            await save_response(self.tx, msgspec.json.encode(result))


def repository(make: Callable[[Transaction], T]) -> Repository[Transaction, T]:
    """Declare a repository of a unit."""
    return Repository(make)


def begin_transaction_sql(actor: Actor) -> str:
    """Return the statements that begin a transaction for the actor. Ids are UUIDs, so they need no escaping.

    Within one record, every statement finds a few rows by practice and client, so one generic plan suits all records;
    planning each time costs several times the execution (measured: 0.7 ms instead of 3.9 for a list). Across a practice
    the best plan depends on the values, so each statement is planned every time.
    """
    client: UUID | None = None
    account: UUID | None = None
    plans = ""
    match actor:
        case ClientActor(client_id=client, account_id=account) | ProxyActor(client_id=client, account_id=account):
            scope = "record"
            plans = "; SET LOCAL plan_cache_mode = force_generic_plan"
        case StaffActor(account_id=account):
            scope = "practice"
        case SystemActor():
            scope = "practice"
        case VisitorActor():
            scope = "visitor"
    return (
        f"BEGIN; SET LOCAL portal.practice = '{actor.practice_id}'; SET LOCAL portal.scope = '{scope}'; "
        f"SET LOCAL portal.client = '{client or ''}'; SET LOCAL portal.account = '{account or ''}'{plans}"
    )


@define
class PostgresBegin:
    """Opens units of work over a connection pool of the application role.

    `public_url` is the deployment's URL, for practices without a host name of their own.
    """

    pool: Any
    keys: RecordKeys
    clock: Clock
    ids: IdSource
    unit: type[PostgresUnit]
    public_url: str = "http://127.0.0.1:8000"

    @asynccontextmanager
    async def __call__(self, actor: Actor) -> AsyncIterator[Any]:
        with raise_unavailable_on_outage():
            # Before the transaction, because this may call the master key's vendor.
            await self.keys.practice(self.pool, actor.practice_id)
            async with self.pool.acquire() as connection:
                tx = Transaction(connection, actor, self.clock, self.ids, self.keys, public_url=self.public_url)
                await connection.execute(begin_transaction_sql(actor))
                try:
                    await claim_key(tx)
                    yield self.unit(tx)
                except PortalError as error:
                    await self._roll_back(tx)
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
        if denied is None:
            return
        tx = Transaction(connection, actor, self.clock, self.ids, self.keys, [denied])
        await connection.execute(begin_transaction_sql(actor))
        await write_entries(tx)
        await connection.execute("COMMIT")
