"""SQL statements: written in SQLAlchemy Core, compiled once at import, and executed by asyncpg.

    GET = statement("goals.get", select(goals.c.id, goals.c.title)
                    .where(goals.c.practice_id == bindparam("practice_id"), ...))
    row = await tx.fetchrow(GET, client_id=client_id, goal_id=goal_id)

Every statement is scoped to a practice. A test checks `REGISTRY` and refuses a statement that accesses a practice's
table without `practice_id = :practice_id`, or a client's without `client_id`, unless `scope_exemption` gives the
reason. SQLAlchemy's bind and result processors are skipped, so instead of `in_()` use `== any_(bindparam(...))`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Final

from attrs import field, frozen
from sqlalchemy import CompoundSelect, Select, SelectBase
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


@lru_cache(maxsize=4096)
def write_together(statements: tuple[Statement, ...]) -> str:
    """Combine statements whose results nobody needs into one, with their arguments one after the other.

    Those that write tables become data-modifying WITH queries, which PostgreSQL runs to their end even if nothing reads
    them; calls of functions become the columns of the one row that is returned.
    """
    if len(statements) == 1:
        return statements[0].sql
    writes, calls = list[str](), list[str]()
    for one, sql in zip(statements, _in_a_row(statements), strict=True):
        if isinstance(one.source, SelectBase):
            calls.append(f"({sql})")
        else:
            writes.append(f"w{len(writes)} AS ({sql})")
    return f"{'WITH ' if writes else ''}{', '.join(writes)} SELECT {', '.join(calls)}".strip()


@lru_cache(maxsize=4096)
def read_together(statements: tuple[Statement, ...]) -> Statement:
    """Combine reads into one statement with their arguments one after the other.

    Its only row has a column for each: the array of its rows.
    """
    arrays = ", ".join(f"ARRAY(SELECT ROW(r.*) FROM ({sql}) AS r)" for sql in _in_a_row(statements))  # noqa: S608  # compiled statements only
    names = tuple(name for one in statements for name in one.names)
    return Statement(" + ".join(one.name for one in statements), f"SELECT {arrays}", names, statements[0].source)


@lru_cache(maxsize=4096)
def only_reads(one: Statement) -> bool:
    """Whether the statement reads tables and does nothing else: it locks no row, and is no call of a function."""
    source: Any = one.source
    if isinstance(source, CompoundSelect):
        return True
    return isinstance(source, Select) and bool(source.get_final_froms()) and source._for_update_arg is None


class Row(tuple[Any, ...]):
    """A row of a combined read, whose columns have their names as in a row of the driver."""

    __slots__ = ()
    places: ClassVar[Mapping[str, int]]

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.places[key] if isinstance(key, str) else key)


@lru_cache(maxsize=4096)
def row_class(one: Statement) -> type[Row]:
    """The class of the rows of a statement, when it is read together with others."""
    assert isinstance(one.source, SelectBase), "only reads are combined"
    names = one.source.selected_columns.keys()
    return type("Row", (Row,), {"__slots__": (), "places": {name: place for place, name in enumerate(names)}})


def _in_a_row(statements: tuple[Statement, ...]) -> Iterator[str]:
    first = 0
    for one in statements:
        yield renumbered(one.sql, first)
        first += len(one.names)


def renumbered(sql: str, by: int) -> str:
    """Raise the number of each parameter."""
    return _PLACE.sub(lambda found: f"${int(found[1]) + by}", sql)
