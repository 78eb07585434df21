"""The one unit of work that satisfies every feature's: of the features' own, each in its folder's `unit`."""

import adapters.postgres
from adapters.postgres.engine.base_unit import PostgresUnit
from adapters.unit_composition import compose_unit_class

PostgresUnitOfWork = compose_unit_class("PostgresUnitOfWork", PostgresUnit, adapters.postgres)
