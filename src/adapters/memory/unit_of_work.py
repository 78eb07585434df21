"""The one unit of work that satisfies every feature's: of the features' own, each in its folder's `unit`."""

import adapters.memory
from adapters.memory.engine.store import MemoryUnit
from adapters.unit_composition import compose_unit_class

MemoryUnitOfWork = compose_unit_class("MemoryUnitOfWork", MemoryUnit, adapters.memory)
