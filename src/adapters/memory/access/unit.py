"""Access: the repositories in memory."""

from adapters.memory.access.grants import MemoryGrants
from adapters.memory.engine.store import MemoryUnit, repository


class MemoryAccessUnit(MemoryUnit):
    """Over one transaction."""

    grants = repository(MemoryGrants)


UNIT = MemoryAccessUnit
