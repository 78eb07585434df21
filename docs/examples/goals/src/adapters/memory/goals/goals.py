"""The memory repository of goals."""

from uuid import UUID

from attrs import define

from adapters.memory.engine.repository import MemoryClientRepository
from adapters.memory.engine.rows import newest_first
from adapters.memory.engine.sealing import SEALED
from portal_core.goals.model import Goal
from portal_core.goals.ports import Goals
from portal_core.kernel.page import Page, PageRequest

SEALED["goals"] = {"title": ""}


@define
class MemoryGoals(MemoryClientRepository[Goal], Goals):
    """Goals of clients."""

    table = "goals"

    async def page(self, client_id: UUID, page: PageRequest) -> Page[Goal]:
        return newest_first(self._of(client_id), page)
