"""The one unit of work that satisfies every feature's: of the features' own, each in its folder's `unit`."""

import adapters.postgres
from adapters.postgres.engine.unit_core import UnitCore
from adapters.units import whole

PostgresUnitOfWork = whole("PostgresUnitOfWork", UnitCore, adapters.postgres)
