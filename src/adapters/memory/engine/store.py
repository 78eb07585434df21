"""Tables as dictionaries, with atomic transactions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec
from attrs import define, field, frozen

from adapters.unit_composition import Repository
from portal_core.kernel.actor import Actor, ClientActor, ProxyActor, StaffActor, own_clients_of, record_id
from portal_core.kernel.audit import AuditEntry, AuditTrail, denial
from portal_core.kernel.authorization import keeps_rights, rights
from portal_core.kernel.errors import IdempotencyMismatch, NotFound, PortalError, RecordDestroyed, StaleVersion
from portal_core.kernel.idempotency import IDEMPOTENCY_RETENTION, IdempotentRequest, Replayed, refuses_access
from portal_core.kernel.notices import Notice
from portal_core.kernel.outbox import Event, Outbox, event_ids, job_name
from portal_core.kernel.sources import Clock

T = TypeVar("T")
Table = dict[Any, Any]


@frozen
class AuditRow:
    """A stored audit entry."""

    at: datetime
    practice_id: UUID
    actor: Actor
    entry: AuditEntry


@frozen
class IdempotentResponse:
    """The stored response for an idempotency key."""

    digest: bytes
    rights: frozenset[str]
    records: frozenset[UUID]
    body: bytes
    expires_at: datetime


@define
class MemoryStore:
    """All tables by name. Rows are immutable, so a shallow copy of a table is a snapshot.

    `needs_clinician_link` is that of the deployment's video rooms.
    """

    clock: Clock
    tables: dict[str, Table] = field(factory=dict)
    lock: asyncio.Lock = field(factory=asyncio.Lock)
    needs_clinician_link: bool = False

    def table(self, name: str) -> Table:
        """Return the committed rows of a table, for adapters that work outside a unit of work, and for tests."""
        return self.tables.setdefault(name, {})

    @property
    def audit(self) -> list[AuditRow]:
        """The committed audit entries, oldest first."""
        return list(self.table("audit").values())

    @property
    def jobs(self) -> list[tuple[str, dict[str, UUID]]]:
        """The committed jobs, oldest first."""
        return list(self.table("jobs").values())

    @property
    def notices(self) -> list[Notice]:
        """The committed notices, oldest first."""
        return list(self.table("notices").values())


@define
class MemoryTransaction:
    """A private copy of the tables. A commit stores it; otherwise it is discarded. Read-only ones need no copy."""

    store: MemoryStore
    actor: Actor
    tables: dict[str, Table]
    read_only: bool = False
    committed: bool = False
    replayed: Replayed | None = None

    def table(self, name: str) -> Table:
        """Return the rows of a table as this transaction sees them; in a read-only one, unchangeable."""
        rows = self.tables.setdefault(name, {})
        return cast(Table, MappingProxyType(rows)) if self.read_only else rows

    @property
    def practice_id(self) -> UUID:
        return self.actor.practice_id

    @property
    def audit(self) -> "MemoryAudit":
        """The audit log of this transaction."""
        return MemoryAudit(self)

    @property
    def record(self) -> UUID | None:
        """The client the transaction is confined to, as row-level security does in PostgreSQL."""
        return record_id(self.actor)

    def records(self) -> frozenset[UUID]:
        """The clients whom this transaction's audit entries are about."""
        entries = list(self.table("audit").values())[len(self.store.table("audit")) :]
        return frozenset(one.entry.record for one in entries if one.entry.record is not None)

    def insert(self, table: str, key: Any, row: Any) -> None:
        """Add a row. Its key must not exist yet."""
        rows = self.table(table)
        if key in rows:
            raise AssertionError(f"{table} already has a row {key}")
        rows[key] = row

    def save(self, table: str, key: Any, row: Any) -> None:
        """Replace a row with its next version.

        Raises:
            StaleVersion: the stored version is not the one before.
        """
        rows = self.table(table)
        if key not in rows or rows[key].version != row.version - 1:
            raise StaleVersion
        rows[key] = row


@define
class MemoryAudit(AuditTrail):
    """The audit log of one transaction."""

    tx: MemoryTransaction

    async def record(self, entry: AuditEntry) -> None:
        # Of the read-only transaction too: there they are committed at once.
        rows = self.tx.tables.setdefault("audit", {})
        rows[len(rows)] = AuditRow(self.tx.store.clock.now(), self.tx.practice_id, self.tx.actor, entry)


@define
class MemoryOutbox(Outbox):
    """Jobs, events and notices of one transaction."""

    tx: MemoryTransaction

    async def defer(self, job: type[Any], **ids: UUID) -> None:
        self._add(job_name(job), ids)

    async def publish(self, event: Event) -> None:
        self._add(job_name(type(event)), event_ids(event))

    def _add(self, name: str, ids: dict[str, UUID]) -> None:
        rows = self.tx.table("jobs")
        rows[self.tx.practice_id, len(rows)] = (name, ids)

    async def notify(self, notice: Notice) -> None:
        rows = self.tx.table("notices")
        if notice.deduplication_key is not None:
            rows.setdefault((self.tx.practice_id, notice.deduplication_key), notice)
        else:
            rows[len(rows)] = notice


@define
class MemoryUnit:
    """The base of all units of work; features' units add their repositories."""

    tx: MemoryTransaction
    audit: MemoryAudit = field(init=False)
    outbox: MemoryOutbox = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.audit = self.tx.audit
        self.outbox = MemoryOutbox(self.tx)

    async def read_together(self, *reads: Coroutine[Any, Any, Any]) -> Any:
        """One after the other."""
        try:
            return tuple([await one for one in reads])
        finally:
            for one in reads:
                one.close()

    async def require_visible(self, client_id: UUID) -> None:
        """Require that the actor sees this client; the unit of the feature people knows.

        Raises:
            NotFound: they do not.
        """
        raise NotFound("client", client_id)

    async def commit(self, result: T) -> T:
        """Store the transaction's tables, and the result for repeated idempotent requests."""
        if self.tx.replayed is not None:
            for client_id in sorted(self.tx.replayed.records) if own_clients_of(self.tx.actor) else ():
                await self.require_visible(client_id)
            raise self.tx.replayed
        idempotent_request = self.tx.actor.origin.idempotent_request
        if idempotent_request is not None:
            body = msgspec.json.encode(result)
            expires_at = self.tx.store.clock.now() + IDEMPOTENCY_RETENTION
            self.tx.table("idempotent_responses")[_response_key(self.tx.actor)] = IdempotentResponse(
                idempotent_request.digest, rights(self.tx.actor), self.tx.records(), body, expires_at
            )
        if not self.tx.read_only:
            self.tx.store.tables = {name: dict(rows) for name, rows in self.tx.tables.items()}
        self.tx.committed = True
        return result


def repository(make: Callable[[MemoryTransaction], T]) -> Repository[MemoryTransaction, T]:
    """Declare a repository of a unit."""
    return Repository(make)


@define
class MemoryBegin:
    """Opens units of one class over a store, one at a time, so that transactions are serializable."""

    store: MemoryStore
    unit: type[MemoryUnit]

    @asynccontextmanager
    async def __call__(self, actor: Actor, *, read_only: bool = False) -> AsyncIterator[Any]:
        async with self.store.lock:
            read_only = read_only and actor.origin.idempotent_request is None
            tables = self.store.tables if read_only else {n: dict(r) for n, r in self.store.tables.items()}
            tx = MemoryTransaction(self.store, actor, tables, read_only)
            claimed = self._claim(tx)
            try:
                yield self.unit(tx)
            except PortalError as error:
                if tx.replayed is not None and not refuses_access(error):
                    raise tx.replayed from None
                denied = denial(error)
                if denied is not None:
                    await MemoryTransaction(self.store, actor, self.store.tables).audit.record(denied)
                raise
            finally:
                if claimed is not None and not tx.committed:
                    claimed.claimed = False

    def _claim(self, tx: MemoryTransaction) -> IdempotentRequest | None:
        """Claim the actor's idempotent request. Returns it if this unit claimed it.

        Raises:
            Replayed: it was already carried out.
            IdempotencyMismatch: the key was used for a different request.
            RecordDestroyed: it was already carried out, but its response can no longer be read.
        """
        idempotent_request = tx.actor.origin.idempotent_request
        if idempotent_request is None or idempotent_request.claimed:
            return None
        known = tx.table("idempotent_responses").get(_response_key(tx.actor))
        if known is not None and self.store.clock.now() < known.expires_at:
            if known.digest != idempotent_request.digest:
                raise IdempotencyMismatch
            if (tx.practice_id, tx.record) in tx.table("destroyed_keys"):
                raise RecordDestroyed
            tx.replayed = Replayed(known.body, known.records)
            if keeps_rights(tx.actor, known.rights):
                raise tx.replayed
        idempotent_request.claimed = True
        return idempotent_request


def _response_key(actor: Actor) -> tuple[UUID, UUID | None, str, str]:
    idempotent_request = actor.origin.idempotent_request
    assert idempotent_request is not None
    account = actor.account_id if isinstance(actor, ClientActor | ProxyActor | StaffActor) else None
    return (actor.practice_id, account, idempotent_request.operation, idempotent_request.key)
