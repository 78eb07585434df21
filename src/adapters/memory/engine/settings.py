"""Settings of a practice in memory."""

from collections.abc import Callable
from typing import Generic, TypeVar

from attrs import define, frozen

from adapters.memory.engine.row_visibility import only_practice_wide
from adapters.memory.engine.store import MemoryTransaction
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.settings import SettingsStore, Versioned

S = TypeVar("S")


@frozen
class StoredSettings(Generic[S]):
    """How one kind of settings is stored: the name of its table, and its class, which has the defaults."""

    table: str
    kind: Callable[[], S]

    def load(self, tx: MemoryTransaction) -> Versioned[S]:
        """The settings of the transaction's practice."""
        found: Versioned[S] | None = tx.table(self.table).get(tx.practice_id)
        return found or Versioned(self.kind())

    def store(self, tx: MemoryTransaction) -> "MemorySettingsStore[S]":
        """The repository over a transaction."""
        return MemorySettingsStore(tx, self)


@define
class MemorySettingsStore(SettingsStore[S]):
    """One row for each practice."""

    tx: MemoryTransaction
    stored: StoredSettings[S]

    async def get(self) -> Versioned[S]:
        return self.stored.load(self.tx)

    async def save(self, value: S, version: int | None, audit_entry: AuditEntry) -> int:
        only_practice_wide(self.tx)
        current = self.stored.load(self.tx).version
        if version not in (None, current):
            raise StaleVersion
        self.tx.table(self.stored.table)[self.tx.practice_id] = Versioned(value, current + 1)
        await self.tx.audit.record(audit_entry)
        return current + 1
