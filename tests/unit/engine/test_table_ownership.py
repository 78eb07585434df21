"""A feature writes its own tables and no others: neither in its statements nor in its SQL functions."""

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy.sql.dml import UpdateBase

import adapters.postgres
from adapters.feature_discovery import feature_modules
from adapters.postgres.engine.metadata import metadata
from adapters.postgres.engine.statements import REGISTRY, Statement

ROOT = Path(adapters.postgres.__path__[0])
WRITES = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) portal\.(\w+)")


def modules() -> list[ModuleType]:
    """Every module of the adapter that may hold statements."""
    names = [one.name for one in pkgutil.walk_packages(adapters.postgres.__path__, "adapters.postgres.")]
    return [import_module(name) for name in names if ".migrations" not in name]


def owners() -> dict[str, str]:
    """The feature of each table: the folder whose `tables` defines it."""
    found = {}
    for module in feature_modules(adapters.postgres, "tables"):
        folder = module.__name__.split(".")[2]
        found |= {value.name: folder for value in vars(module).values() if value in metadata.tables.values()}
    return found


def writers() -> Iterator[tuple[str, str]]:
    """Folder and table of everything that writes, in statements and in SQL text."""
    for module in modules():
        source = Path(str(module.__file__)).read_text()
        for name, value in vars(module).items():
            if value is REGISTRY or re.search(rf"^{name}\b.* = ", source, re.MULTILINE) is None:
                continue  # imported: its own module has it
            for one in value.values() if isinstance(value, dict) else [value]:
                if isinstance(one, Statement) and isinstance(one.source, UpdateBase):
                    yield module.__name__.split(".")[2], one.source.table.name
    for path in ROOT.rglob("*.py"):
        folder = path.relative_to(ROOT).parts[0]
        if folder != "migrations":
            yield from ((folder, table) for table in WRITES.findall(path.read_text()))


def test_every_table_has_one_owner() -> None:
    assert set(owners()) == {table.name for table in metadata.tables.values()}


@pytest.mark.parametrize(("folder", "table"), sorted(set(writers())))
def test_a_feature_writes_its_own_tables(folder: str, table: str) -> None:
    assert owners()[table] == folder


def test_both_ways_of_writing_are_seen() -> None:
    assert ("appointments", "appointments") in set(writers())
    assert ("notifications", "notices") in set(writers())  # by `portal.notify` alone
    assert import_module("adapters.postgres.notifications.sql_functions").NOTIFY
