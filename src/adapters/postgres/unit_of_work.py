"""The one unit of work that satisfies every feature's: of the features' own, which `units` has."""

from adapters.postgres import units
from adapters.postgres.unit_core import UnitCore
from adapters.units import whole

PostgresUnitOfWork = whole("PostgresUnitOfWork", UnitCore, units)
