"""Statements, written in SQLAlchemy Core, compiled once at import, run by asyncpg.

    GET = statement("goals.get", select(goals.c.id, goals.c.title)
                    .where(goals.c.practice_id == bindparam("practice_id"), ...))
    row = await tx.fetchrow(GET, client_id=client_id, goal_id=goal_id)

Every statement names its practice: a test walks `REGISTRY` and refuses one that reads or writes a practice's table
without `practice_id = :practice_id`, or a client's without `client_id`, unless `scope_exemption` gives the reason.
SQLAlchemy's bind and result processors are skipped, so `in_()` does not survive: `== any_(bindparam(...))`.
"""

import re
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.expression import Executable

_DIALECT: Final = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # of the library
_PLACE: Final = re.compile(r"\$(\d+)")


@frozen
class Statement:
    """SQL text with its parameters in order."""

    name: str
    sql: str
    names: tuple[str, ...]
    source: Executable = field(repr=False, eq=False)
    scope_exemption: str = ""

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        """The values in the statement's order.

        Raises:
            KeyError: one is missing.
        """
        return [values[name] for name in self.names]


REGISTRY: dict[str, Statement] = {}


def statement(name: str, source: Executable, *, scope_exemption: str = "") -> Statement:
    """Compile `source` and register it under `name`; `scope_exemption` is why it may cross practices or clients."""
    if name in REGISTRY:
        raise ValueError(f"two statements are called {name}")
    done = REGISTRY[name] = compile_statement(name, source, scope_exemption)
    return done


def compile_statement(name: str, source: Executable, scope_exemption: str = "") -> Statement:
    """Compile `source`, its constants written out: only then does a plan for all values use a partial index."""
    made: Any = source.compile(dialect=_DIALECT)  # type: ignore[attr-defined]  # Executable hides it
    numbered, numbers = made.positiontup or (), dict[str, int]()

    def placeholder(found: re.Match[str]) -> str:
        bound = numbered[int(found[1]) - 1]
        value = made.params[bound]
        if value is not None:
            return str(made.render_literal_value(value, made.binds[bound].type))
        return f"${numbers.setdefault(bound, len(numbers) + 1)}"

    sql = _PLACE.sub(placeholder, " ".join(str(made).split()))
    return Statement(name, sql, tuple(numbers), source, scope_exemption)
