"""The tables. Importing this package loads every module of it, so that `metadata` is whole."""

from importlib import import_module
from pkgutil import iter_modules

from adapters.postgres.tables.base import metadata

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["metadata"]
