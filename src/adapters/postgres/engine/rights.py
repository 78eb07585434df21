"""What the application's role may do with each table and column: what the adapters' statements need, and no more.

Nothing else runs as that role, so the rights follow from the statements. A statement that is added widens them, one
that is removed narrows them, and `docs/reference/database-rights.md` shows the difference.
"""

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Literal

from attrs import frozen
from sqlalchemy import Alias, Delete, Insert, Table, Update
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

import adapters.postgres
from adapters.postgres.engine.columns import SCHEMA
from adapters.postgres.engine.statements import REGISTRY, Statement

Privilege = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]
PRIVILEGES: tuple[Privilege, ...] = ("SELECT", "INSERT", "UPDATE", "DELETE")


@frozen(order=True)
class Right:
    """A privilege on a column, or to delete a table's rows (`column` is empty)."""

    table: str
    privilege: Privilege
    column: str = ""


def all_statements() -> dict[str, Statement]:
    """Every registered statement by name: those of modules that nobody has imported yet, too."""
    _import_all()
    return REGISTRY


@cache
def _import_all() -> None:
    for module in pkgutil.walk_packages(adapters.postgres.__path__, "adapters.postgres."):
        if ".migrations" not in module.name:
            import_module(module.name)


def needed_rights() -> Mapping[Right, frozenset[str]]:
    """Each right, with the names of the statements that need it."""
    return _needed(len(all_statements()))


@cache
def _needed(_count: int) -> Mapping[Right, frozenset[str]]:
    needed = dict[Right, frozenset[str]]()
    for name, one in REGISTRY.items():
        for right in rights_of(one.source):
            needed[right] = needed.get(right, frozenset()) | {name}
    return needed


def grants(table: Table, role: str) -> list[str]:
    """The statements that give the role its rights on one table."""
    columns = dict[Privilege, list[str]]()
    for right in sorted(one for one in needed_rights() if one.table == table.name):
        columns.setdefault(right.privilege, []).append(right.column)
    return [
        f"GRANT {privilege}{_listed(names)} ON {SCHEMA}.{table.name} TO {role}" for privilege, names in columns.items()
    ]


def _listed(names: list[str]) -> str:
    return "" if names == [""] else " (" + ", ".join(f'"{name}"' for name in names) + ")"


def rights_of(source: Any) -> set[Right]:
    """The rights that one statement needs."""
    return set(_rights(source))


def _rights(source: Any) -> Iterator[Right]:
    if isinstance(source, Insert):
        yield from _inserted(source)
    elif isinstance(source, Update):
        values = dict(source._values or {})
        table: Any = source.table
        yield from (Right(table.name, "UPDATE", _name(column)) for column in values)
        yield from _read(*values.values(), *source._where_criteria, *source._returning)
    elif isinstance(source, Delete):
        deleted: Any = source.table
        yield Right(deleted.name, "DELETE")
        yield from _read(*source._where_criteria, *source._returning)
    else:
        yield from _read(source)


def _inserted(source: Insert) -> Iterator[Right]:
    table: Any = source.table
    names = source._values or source._select_names or table.c
    yield from (Right(table.name, "INSERT", _name(column)) for column in names)
    yield from _read(*(source._values or {}).values(), *source._returning)
    if source.select is not None:
        yield from _read(source.select)
    conflict: Any = source._post_values_clause
    if conflict is not None:
        targets = conflict.inferred_target_elements or ()
        yield from (Right(table.name, "SELECT", _name(column)) for column in targets)
        changed = dict(getattr(conflict, "update_values_to_set", ()))
        yield from (Right(table.name, "UPDATE", _name(column)) for column in changed)
        yield from _read(*changed.values(), getattr(conflict, "update_whereclause", None))


def _name(column: Any) -> str:
    return column if isinstance(column, str) else str(column.name)


def _read(*sources: Any) -> Iterator[Right]:
    for source in sources:
        if not isinstance(source, ClauseElement):  # a value
            continue
        for part in visitors.iterate(source):
            assert not isinstance(part, Insert | Update | Delete), "a statement within another is not looked into"
            if isinstance(part, ColumnElement) and (table := _table(part)) is not None:
                yield Right(table.name, "SELECT", str(part.name))


def _table(part: ColumnElement[Any]) -> Table | None:
    table: Any = getattr(part, "table", None)
    if isinstance(table, Alias):
        table = table.element
    return table if isinstance(table, Table) else None
