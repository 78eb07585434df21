"""The repositories of proxy access in PostgreSQL."""

from adapters.postgres.access.grants import PostgresGrants
from adapters.postgres.engine.base_unit import PostgresUnit, repository


class PostgresAccessUnit(PostgresUnit):
    """Repositories over one transaction."""

    grants = repository(PostgresGrants)


UNIT = PostgresAccessUnit
