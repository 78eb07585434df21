"""Goals: the repositories."""

from collections.abc import Callable

from adapters.postgres.goals import PostgresGoals
from adapters.postgres.transaction import Transaction
from adapters.postgres.unit_core import UnitCore, repository
from portal_core.goals.ports import GoalsUnit


class PostgresGoalsUnit(UnitCore):
    """Over one transaction."""

    goals = repository(PostgresGoals)


UNIT: Callable[[Transaction], GoalsUnit] = PostgresGoalsUnit
