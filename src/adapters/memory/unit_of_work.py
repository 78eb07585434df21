"""The one unit of work that satisfies every feature's: of the features' own, which `units` has."""

from adapters.memory import units
from adapters.memory.store import MemoryUnit
from adapters.units import whole

MemoryUnitOfWork = whole("MemoryUnitOfWork", MemoryUnit, units)
