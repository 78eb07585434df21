"""The benchmark writes rows by SQL of its own, which only a measurement would show to be stale."""

import re

import pytest

import adapters.postgres.unit_of_work  # noqa: F401 - registers the tables of all features
from adapters.postgres.engine.columns import metadata
from bench.seed import STATEMENTS

_INSERT = re.compile(r"INSERT INTO (portal\.\w+)\s*\(([^)]*)\)")


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_required_column_is_written_and_no_other(statement: str) -> None:
    inserted = _INSERT.match(statement)
    assert inserted is not None
    table, written = metadata.tables[inserted[1]], {name.strip() for name in inserted[2].split(",")}
    required = {column.name for column in table.c if not column.nullable and column.server_default is None}
    assert required <= written <= set(table.c.keys())
