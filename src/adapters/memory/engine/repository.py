"""Bases of memory repositories: the rows of one table by id, seen and written as row-level security allows.

A repository adds what is its own: its reads, and what else PostgreSQL refuses.
"""

from typing import ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

from attrs import define

from adapters.memory.engine.rows import own_key, own_rows, visible
from adapters.memory.engine.sealing import SEALED, require_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.kernel.audit import AuditEntry


class Row(Protocol):
    """What has an id."""

    @property
    def id(self) -> UUID: ...


class ClientRow(Protocol):
    """What has an id and belongs to a client."""

    @property
    def id(self) -> UUID: ...

    @property
    def client_id(self) -> UUID: ...


R = TypeVar("R", bound=Row)
C = TypeVar("C", bound=ClientRow)


@define
class MemoryRows(Generic[R]):
    """Rows of the practice in `table`."""

    tx: MemoryTransaction
    table: ClassVar[str]

    def _sees(self, row: R) -> bool:
        """Whether the transaction may access the row; any of the practice, unless a subclass says otherwise."""
        return True

    def _check(self, row: R) -> None:
        """Refuse to write a row that PostgreSQL would refuse; by default only one that the transaction cannot see."""
        assert self._sees(row), f"a use case wrote a row of {self.table} that its actor may not access"

    def _rows(self) -> list[R]:
        return [row for row in own_rows(self.tx, self.table) if self._sees(row)]

    def _find(self, row_id: UUID) -> R | None:
        row: R | None = self.tx.table(self.table).get(own_key(self.tx, row_id))
        return row if row is not None and self._sees(row) else None

    async def add(self, row: R, audit_entry: AuditEntry) -> None:
        """Store a new row."""
        self._check(row)
        self.tx.insert(self.table, own_key(self.tx, row.id), row)
        await self.tx.audit.record(audit_entry)

    async def save(self, row: R, audit_entry: AuditEntry) -> None:
        """Replace a row with its next version.

        Raises:
            StaleVersion: the stored row is not at the version before.
        """
        self._check(row)
        self.tx.save(self.table, own_key(self.tx, row.id), row)
        await self.tx.audit.record(audit_entry)


@define
class MemoryRepository(MemoryRows[R]):
    """Rows of a practice, found by id."""

    async def get(self, row_id: UUID) -> R | None:
        """The row, if the transaction may access it."""
        return self._find(row_id)


@define
class MemoryClientRepository(MemoryRows[C]):
    """Rows of clients, found by client and id. Within a record, only that client's are seen and written."""

    def _sees(self, row: C) -> bool:
        return visible(self.tx, row.client_id)

    def _of(self, client_id: UUID) -> list[C]:
        return [row for row in self._rows() if row.client_id == client_id]

    async def get(self, client_id: UUID, row_id: UUID) -> C | None:
        """The row, if it is this client's and the transaction may access it."""
        row = self._find(row_id)
        return row if row is not None and row.client_id == client_id else None

    async def add(self, row: C, audit_entry: AuditEntry) -> None:
        """Store a new row.

        Raises:
            RecordDestroyed: it has a text to seal, but the client's key was destroyed.
        """
        require_key(self.tx, row.client_id, *(getattr(row, name) for name in SEALED.get(self.table, ())))
        await super().add(row, audit_entry)
