"""The PostgreSQL repositories of goals."""

from collections.abc import Callable

from adapters.postgres.engine.base_unit import PostgresUnit, repository
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.goals.goals import PostgresGoals
from portal_core.goals.ports import GoalsUnit


class PostgresGoalsUnit(PostgresUnit):
    """The repositories over one transaction."""

    goals = repository(PostgresGoals)


UNIT: Callable[[Transaction], GoalsUnit] = PostgresGoalsUnit
