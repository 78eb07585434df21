"""All statements of the PostgreSQL adapters, as tests walk them."""

import pkgutil
from importlib import import_module
from typing import Final

from sqlalchemy.dialects.postgresql import asyncpg

import adapters.postgres
from adapters.postgres.engine.statements import REGISTRY, Statement

DIALECT: Final = asyncpg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


def all_statements() -> dict[str, Statement]:
    """Every registered statement by name: those of modules that nobody has imported yet, too."""
    for module in pkgutil.walk_packages(adapters.postgres.__path__, "adapters.postgres."):
        if ".migrations" not in module.name:
            import_module(module.name)
    return REGISTRY
