"""Access: the repositories."""

from adapters.postgres.access.grants import PostgresGrants
from adapters.postgres.engine.base_unit import PostgresUnit, repository


class PostgresAccessUnit(PostgresUnit):
    """Over one transaction."""

    grants = repository(PostgresGrants)


UNIT = PostgresAccessUnit
