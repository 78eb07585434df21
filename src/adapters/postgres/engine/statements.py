"""SQL statements: written in SQLAlchemy Core, compiled once at import, and executed by asyncpg.

    GET = statement("goals.get", select(goals.c.id, goals.c.title)
                    .where(goals.c.practice_id == bindparam("practice_id"), ...))
    row = await tx.fetchrow(GET, client_id=client_id, goal_id=goal_id)

Every statement is scoped to a practice. A test checks `REGISTRY` and refuses a statement that accesses a practice's
table without `practice_id = :practice_id`, or a client's without `client_id`, unless `scope_exemption` gives the
reason. SQLAlchemy's bind and result processors are skipped, so instead of `in_()` use `== any_(bindparam(...))`.
"""

import re
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.expression import Executable

_DIALECT: Final = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # the library has no types
_PLACE: Final = re.compile(r"\$(\d+)")


@frozen
class Statement:
    """SQL text, and the names of its parameters in order."""

    name: str
    sql: str
    names: tuple[str, ...]
    source: Executable = field(repr=False, eq=False)
    scope_exemption: str = ""

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        """Return the values in the order of the statement's parameters.

        Raises:
            KeyError: a value is missing.
        """
        return [values[name] for name in self.names]


REGISTRY: dict[str, Statement] = {}


def statement(name: str, source: Executable, *, scope_exemption: str = "") -> Statement:
    """Compile `source` and register it under `name`.

    `scope_exemption` is the reason why it may access several practices or clients.

    Raises:
        ValueError: the name is already used.
    """
    if name in REGISTRY:
        raise ValueError(f"two statements are named {name}")
    done = REGISTRY[name] = compile_statement(name, source, scope_exemption)
    return done


def compile_statement(name: str, source: Executable, scope_exemption: str = "") -> Statement:
    """Compile `source` with its constants inlined; otherwise a generic plan could not use a partial index."""
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
