"""Ports of goals."""

from typing import Protocol
from uuid import UUID

from portal_core.goals.model import Goal
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import UnitOfWork


class Goals(Protocol):
    """The goals of clients. Titles are stored encrypted with the client's key."""

    async def add(self, goal: Goal, audit_entry: AuditEntry) -> None:
        """Store a new goal."""
        ...

    async def get(self, client_id: UUID, goal_id: UUID) -> Goal | None:
        """The goal, or None if this client has no such goal."""
        ...

    async def save(self, goal: Goal, audit_entry: AuditEntry) -> None:
        """Replace a goal with its next version.

        Raises:
            StaleVersion: the stored goal is not at the previous version.
        """
        ...

    async def page(self, client_id: UUID, page: PageRequest) -> Page[Goal]:
        """The client's goals, newest id first.

        Raises:
            Invalid: the cursor is not one that this list returned.
        """
        ...


class GoalsUnit(UnitOfWork, Protocol):
    """The unit of work of this feature."""

    @property
    def goals(self) -> Goals: ...
