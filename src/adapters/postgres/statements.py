"""Statements, written in SQLAlchemy Core, compiled once at import, run by asyncpg.

    GET = statement("goals.get", select(goals.c.id, goals.c.title)
                    .where(goals.c.practice_id == bindparam("practice_id"), ...))
    row = await tx.fetchrow(GET, client_id=client_id, goal_id=goal_id)

Every statement names its practice: a test walks `REGISTRY` and refuses one that reads or writes a practice's table
without `practice_id = :practice_id`, or a client's without `client_id`, unless `across` gives the reason.
SQLAlchemy's bind and result processors are skipped, so `in_()` does not survive: `== any_(bindparam(...))`.
"""

from typing import Any, Final

from attrs import field, frozen
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.expression import Executable

_DIALECT: Final = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


@frozen
class Statement:
    """SQL text with its parameters in order. `fixed` are the constants that the statement was written with."""

    name: str
    sql: str
    names: tuple[str, ...]
    fixed: dict[str, Any]
    source: Executable = field(repr=False, eq=False)
    across: str = ""

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        """The values in the statement's order.

        Raises:
            KeyError: one is missing.
        """
        fixed = self.fixed
        if fixed:
            return [values[name] if name in values else fixed[name] for name in self.names]
        return [values[name] for name in self.names]


REGISTRY: dict[str, Statement] = {}


def statement(name: str, source: Executable, *, across: str = "") -> Statement:
    """Compile `source` and register it under `name`; `across` says why it may reach over practices or clients."""
    if name in REGISTRY:
        raise ValueError(f"two statements are called {name}")
    compiled: Any = source.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
    names = tuple(compiled.positiontup or ())
    fixed = {n: v for n, v in compiled.params.items() if v is not None}
    done = Statement(name, " ".join(str(compiled).split()), names, fixed, source, across)
    REGISTRY[name] = done
    return done
