"""The PostgreSQL repository of goals."""

from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, insert, select

from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.goals.tables import goals
from portal_core.goals.model import Goal
from portal_core.goals.ports import Goals
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest

_GOAL = entity(Goal, goals)
_own = (goals.c.practice_id == bindparam("practice_id"), goals.c.client_id == bindparam("client_id"))
ADD = statement("goals.add", insert(goals))
GET = statement("goals.get", select(*_GOAL.columns).where(*_own, goals.c.id == bindparam("id")))
PAGE = statement(
    "goals.page",
    select(*_GOAL.columns)
    .where(*_own, goals.c.id < bindparam("before"))
    .order_by(goals.c.id.desc())
    .limit(bindparam("limit")),
)
COMPLETE = statement("goals.complete", update_version(goals, "completed_at"))


@define
class PostgresGoals(Goals):
    """Goals of clients. Titles are decrypted row by row with the client's key, which is loaded once."""

    tx: Transaction

    async def add(self, goal: Goal, audit_entry: AuditEntry) -> None:
        title = await self.tx.seal(goal.client_id, goals.c.title, goal.id, goal.title)
        await self.tx.execute(ADD, **_GOAL.values(goal, title=title))
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, goal_id: UUID) -> Goal | None:
        row = await self.tx.fetchrow(GET, client_id=client_id, id=goal_id)
        return None if row is None else await self._goal(row)

    async def save(self, goal: Goal, audit_entry: AuditEntry) -> None:
        await self.tx.save(COMPLETE, **_GOAL.values(goal))
        self.tx.add_audit_entry(audit_entry)

    async def page(self, client_id: UUID, page: PageRequest) -> Page[Goal]:
        rows = await self.tx.fetch(PAGE, client_id=client_id, before=page.before_id(), limit=page.size + 1)
        return page.paginate([await self._goal(row) for row in rows], lambda goal: goal.id)

    async def _goal(self, row: Any) -> Goal:
        title = await self.tx.unseal(row["client_id"], goals.c.title, row["id"], row["title"])
        return _GOAL.of(row, title=title or "")
