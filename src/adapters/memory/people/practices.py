"""Practices in memory, with the constraints of the PostgreSQL adapter."""

from collections.abc import Iterable

from attrs import define

from adapters.memory.engine.row_visibility import only_practice_wide
from adapters.memory.engine.store import MemoryStore, MemoryTransaction
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.people.errors import HostTaken, SlugTaken
from portal_core.people.model import Practice
from portal_core.people.ports import (
    PracticeDirectory,
    PracticeFactory,
    PracticeLocator,
    PracticeRecord,
)


def _refuse_hosts(practices: Iterable[Practice], practice: Practice) -> None:
    others = {host for one in practices if one.id != practice.id for host in one.hosts}
    if others.intersection(practice.hosts):
        raise HostTaken


@define
class MemoryPracticeRecord(PracticeRecord):
    """The practice of the actor."""

    tx: MemoryTransaction

    async def get(self) -> Practice:
        found: Practice = self.tx.table("practices")[self.tx.practice_id]
        return found

    async def save(self, practice: Practice, audit_entry: AuditEntry) -> None:
        only_practice_wide(self.tx)
        _refuse_hosts(self.tx.table("practices").values(), practice)
        self.tx.save("practices", practice.id, practice)
        await self.tx.audit.record(audit_entry)


@define
class MemoryPracticeFactory(PracticeFactory):
    """Creates a practice and its audit entry."""

    store: MemoryStore

    async def create(self, actor: SystemActor, practice: Practice, audit_entry: AuditEntry) -> None:
        async with self.store.lock:
            practices = self.store.table("practices")
            if any(one.slug == practice.slug for one in practices.values()):
                raise SlugTaken
            _refuse_hosts(practices.values(), practice)
            practices[practice.id] = practice
            await MemoryTransaction(self.store, actor, self.store.tables).audit.record(audit_entry)


@define
class MemoryPracticeDirectory(PracticeDirectory):
    """All practices in the store."""

    store: MemoryStore

    async def all(self) -> tuple[PracticeLocator, ...]:
        practices = sorted(self.store.table("practices").values(), key=lambda one: one.id)
        return tuple(PracticeLocator(one.id, one.slug, one.hosts) for one in practices)
