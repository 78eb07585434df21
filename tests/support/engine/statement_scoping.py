"""Finds statements that are not scoped to a practice or client.

A statement is scoped when each table in it is restricted to the transaction's practice, and each client table to one or
several given clients: by an equality with a parameter, or with a column that is itself restricted. Only equalities that
must hold count: not those under OR or NOT, and those of an outer join only for its right side.
"""

from collections.abc import Iterator
from typing import Any

from attrs import field, frozen
from sqlalchemy import Alias, Delete, Insert, Join, Select, Table, Update, bindparam
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    CollectionAggregate,
    ColumnElement,
    Grouping,
)

from adapters.postgres.engine.statements import Statement

Column = tuple[Any, str]
"""A table as it stands in one statement (itself or an alias), and the name of a column of it."""


@frozen(eq=False)
class Equality:
    """A column is equal to a parameter, or to another column; it holds for rows of the tables in `of` (None: all)."""

    left: Column
    right: Column | str
    of: frozenset[Any] | None = field(default=None)


def scope_violations(statement: Statement) -> list[str]:
    """Return descriptions of the missing restrictions; empty when the statement is scoped."""
    missing = []
    equations = list(_equations(statement.source))
    for table in _tables(statement.source):
        base = _base(table)
        row_scope = base.info.get("row_scope")
        if row_scope in ("client", "account", "practice", "append"):
            practice = "id" if base.name == "practices" else "practice_id"
            if not _held(table, practice, equations, {"practice_id"}):
                missing.append(f"{base.name}.{practice} is not this practice's")
        if row_scope == "client" and not statement.scope_exemption:
            client = "id" if base.name == "clients" else "client_id"
            if not _held(table, client, equations, None):
                missing.append(f"{base.name}.{client} is nobody's in particular")
        if row_scope == "function_only" or row_scope is None:
            missing.append(f"{base.name} is reached through functions only")
    missing.extend(_conflicts(statement.source))
    return missing


def _froms(source: Any) -> Iterator[Any]:
    """What each part of the statement reads or writes; joins whole, those of subqueries too."""
    for part in visitors.iterate(source):
        if isinstance(part, Select):
            yield from part.get_final_froms()
        elif isinstance(part, Update | Delete | Insert):
            yield part.table


def _tables(source: Any) -> list[Any]:
    found = (table for one in _froms(source) for table in _joined(one))
    return list(dict.fromkeys(table for table in found if isinstance(_body(table), Table)))


def _joined(root: Any) -> Iterator[Any]:
    if isinstance(root, Join):
        yield from _joined(root.left)
        yield from _joined(root.right)
    else:
        yield root


def _joins(root: Any) -> Iterator[Join]:
    if isinstance(root, Join):
        yield root
        yield from _joins(root.left)
        yield from _joins(root.right)


def _body(table: Any) -> Any:
    return table.element if isinstance(table, Alias) else table


def _base(table: Any) -> Table:
    base = _body(table)
    assert isinstance(base, Table)
    return base


def _equations(source: Any) -> Iterator[Equality]:
    for part in visitors.iterate(source):
        if isinstance(part, Select | Update | Delete) and part.whereclause is not None:
            yield from _of_condition(part.whereclause, None)
        elif isinstance(part, Insert):
            yield from _of_values(part)
    for one in _froms(source):
        for join in _joins(one):
            right = frozenset(_joined(join.right)) if join.isouter else None
            yield from _of_condition(join.onclause, frozenset() if join.full else right)


def _of_condition(condition: Any, of: frozenset[Any] | None) -> Iterator[Equality]:
    if isinstance(condition, Grouping):
        yield from _of_condition(condition.element, of)
    elif isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for one in condition.clauses:
            yield from _of_condition(one, of)
    elif isinstance(condition, BinaryExpression) and condition.operator is operators.eq:
        for left, right in ((condition.left, condition.right), (condition.right, condition.left)):
            named, other = _column(left), _value(right)
            if named is not None and other is not None:
                yield Equality(named, other, of)


def _of_values(insert: Insert) -> Iterator[Equality]:
    """Without values, SQLAlchemy compiles a parameter for every column, with the column's name."""
    values: dict[Any, Any] = insert._values or {column: bindparam(column.name) for column in insert.table.c}
    if isinstance(insert.select, Select):  # INSERT ... SELECT, column by column
        values = dict(zip(insert._select_names or (), insert.select.selected_columns, strict=True))
    for column, value in values.items():
        if isinstance(value, BindParameter):
            yield Equality((insert.table, column if isinstance(column, str) else column.key), value.key)


def _column(expression: Any) -> Column | None:
    table = getattr(expression, "table", None)
    return (table, expression.name) if isinstance(expression, ColumnElement) and table is not None else None


def _value(expression: Any) -> Column | str | None:
    if isinstance(expression, CollectionAggregate):
        inner = expression.element
        return _value(inner.element if isinstance(inner, Grouping) else inner)
    if isinstance(expression, BindParameter):
        return str(expression.key)
    return _column(expression)


def _held(
    table: Any,
    column: str,
    equations: list[Equality],
    names: set[str] | None,
    on_the_way: frozenset[Column] = frozenset(),
) -> bool:
    """Whether the column is equal to a parameter (one of `names`, if given), or to a column that is."""
    wanted = (table, column)
    for one in equations:
        if one.left != wanted or (one.of is not None and table not in one.of):
            continue
        if isinstance(one.right, str):
            if names is None or one.right in names:
                return True
        elif one.right not in on_the_way and _held(*one.right, equations, names, on_the_way | {wanted}):
            return True
    return False


def _conflicts(source: Any) -> Iterator[str]:
    """An insert that takes over a row on conflict takes over one of this practice only."""
    clause = getattr(source, "_post_values_clause", None)
    targets = getattr(clause, "inferred_target_elements", None)
    if targets is not None and "practice_id" not in {getattr(one, "name", one) for one in targets}:
        yield f"{source.table.name}: a conflict may be with another practice's row"
