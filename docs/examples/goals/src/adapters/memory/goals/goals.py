"""The memory repository of goals."""

from uuid import UUID

from attrs import define

from adapters.memory.engine.rows import newest_first, own_key, own_rows, require_reachable, visible
from adapters.memory.engine.sealing import SEALED, require_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.goals.model import Goal
from portal_core.goals.ports import Goals
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest

SEALED["goals"] = {"title": ""}


@define
class MemoryGoals(Goals):
    """Goals of clients, limited to the record that the transaction's actor may reach."""

    tx: MemoryTransaction

    async def add(self, goal: Goal, audit_entry: AuditEntry) -> None:
        require_reachable(self.tx, goal.client_id)
        require_key(self.tx, goal.client_id, goal.title)
        self.tx.insert("goals", own_key(self.tx, goal.id), goal)
        await self.tx.audit.record(audit_entry)

    async def get(self, client_id: UUID, goal_id: UUID) -> Goal | None:
        return next((goal for goal in self._list(client_id) if goal.id == goal_id), None)

    async def save(self, goal: Goal, audit_entry: AuditEntry) -> None:
        require_reachable(self.tx, goal.client_id)
        self.tx.save("goals", own_key(self.tx, goal.id), goal)
        await self.tx.audit.record(audit_entry)

    async def page(self, client_id: UUID, page: PageRequest) -> Page[Goal]:
        return newest_first(self._list(client_id), page)

    def _list(self, client_id: UUID) -> list[Goal]:
        if not visible(self.tx, client_id):
            return []
        return [goal for goal in own_rows(self.tx, "goals") if goal.client_id == client_id]
