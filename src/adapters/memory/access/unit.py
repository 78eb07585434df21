"""The repositories of proxy access in memory."""

from adapters.memory.access.grants import MemoryGrants
from adapters.memory.engine.store import MemoryUnit, repository


class MemoryAccessUnit(MemoryUnit):
    """Repositories over one transaction."""

    grants = repository(MemoryGrants)


UNIT = MemoryAccessUnit
