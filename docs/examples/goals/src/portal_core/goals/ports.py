"""What goals need from outside."""

from typing import Protocol
from uuid import UUID

from portal_core.goals.model import Goal
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import UnitOfWork


class Goals(Protocol):
    """Goals of clients. Titles are kept encrypted with the client's key."""

    async def add(self, goal: Goal, audit_entry: AuditEntry) -> None:
        """Keep a new one."""
        ...

    async def get(self, client_id: UUID, goal_id: UUID) -> Goal | None:
        """One of the client's own."""
        ...

    async def save(self, goal: Goal, audit_entry: AuditEntry) -> None:
        """Replace one, one version on.

        Raises:
            StaleVersion: it is not at the version before.
        """
        ...

    async def page(self, client_id: UUID, page: PageRequest) -> Page[Goal]:
        """The client's own, the newest id first.

        Raises:
            Invalid: the cursor is none of ours.
        """
        ...


class GoalsUnit(UnitOfWork, Protocol):
    """The unit of work of this feature."""

    @property
    def goals(self) -> Goals: ...
