"""Access: the repositories."""

from adapters.postgres.access.grants import PostgresGrants
from adapters.postgres.engine.unit_core import UnitCore, repository


class PostgresAccessUnit(UnitCore):
    """Over one transaction."""

    grants = repository(PostgresGrants)


UNIT = PostgresAccessUnit
