"""Every column has a class, and what is personal or about health is sealed, or in clear for a stated reason."""

from typing import Any

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.postgres.engine import data_classes
from adapters.postgres.engine.columns import sealed
from adapters.postgres.engine.data_classes import (
    all_columns,
    class_of,
    classes,
    health,
    operational,
    protection,
    unclear,
)
from adapters.postgres.engine.metadata import metadata


def made(column: Column[Any]) -> Column[Any]:
    """The only column of a table `made`."""
    return Table("made", MetaData(), column).c[column.name]


@pytest.mark.parametrize("column", all_columns(), ids=str)
def test_column_has_a_class(column: Column[Any]) -> None:
    assert unclear(column) == ""


def test_no_class_is_of_a_column_that_does_not_exist() -> None:
    known = {table.name: set(table.c.keys()) for table in metadata.tables.values()}
    declared = {name: {column for one in found for column in one.columns} for name, found in classes().items()}
    assert {name: columns - known.get(name, set()) for name, columns in declared.items() if columns - known[name]} == {}


def test_column_without_a_class_is_refused() -> None:
    with pytest.raises(LookupError, match=r"made\.notes has 0 classes"):
        class_of(made(Column("notes", Text)))


def test_health_data_in_clear_needs_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_classes, "classes", lambda: {"made": [health("notes")]})
    assert "in clear" in unclear(made(Column("notes", Text)))
    assert unclear(made(sealed("notes"))) == ""
    monkeypatch.setattr(data_classes, "classes", lambda: {"made": [health("notes", why="sorted by it")]})
    assert unclear(made(Column("notes", Text))) == ""
    assert "needs no reason" in unclear(made(sealed("notes")))
    monkeypatch.setattr(data_classes, "classes", lambda: {"made": [health("notes"), operational("notes")]})
    with pytest.raises(LookupError, match="2 classes"):
        unclear(made(sealed("notes")))


def test_protection_follows_from_the_column() -> None:
    assert protection(made(sealed("notes"))) == "sealed"
    assert protection(made(Column("hash", LargeBinary))) == "hashed"
    assert protection(made(Column("hashes", ARRAY(LargeBinary)))) == "hashed"
    assert protection(made(Column("notes", Text))) == "clear"
