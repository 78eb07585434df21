"""Goals: the repositories."""

from collections.abc import Callable

from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.engine.unit_core import UnitCore, repository
from adapters.postgres.goals.goals import PostgresGoals
from portal_core.goals.ports import GoalsUnit


class PostgresGoalsUnit(UnitCore):
    """Over one transaction."""

    goals = repository(PostgresGoals)


UNIT: Callable[[Transaction], GoalsUnit] = PostgresGoalsUnit
