"""The one unit of work that satisfies every feature's: a repository is made when it is first asked for."""

from attrs import define

from adapters.postgres.unit_core import UnitCore


@define(slots=False)
class PostgresUnitOfWork(UnitCore):
    """Each property is one repository over the same transaction."""
