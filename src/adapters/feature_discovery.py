"""Finds the feature folders of an adapter, which have the same names as in the core, so nothing has to be listed."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType


def feature_modules(adapter: ModuleType, name: str) -> Iterator[ModuleType]:
    """Yield the module of this name (`unit`, `tables`) from every folder of the adapter that has one."""
    for folder in iter_modules(adapter.__path__, f"{adapter.__name__}."):
        if folder.ispkg and find_spec(f"{folder.name}.{name}") is not None:
            yield import_module(f"{folder.name}.{name}")
