"""The features of an adapter: its folders, named as in the core. What each brings is found, not listed."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType


def feature_modules(adapter: ModuleType, name: str) -> Iterator[ModuleType]:
    """The module of this name in every folder of the adapter that has one (`unit`, `tables`)."""
    for folder in iter_modules(adapter.__path__, f"{adapter.__name__}."):
        if folder.ispkg and find_spec(f"{folder.name}.{name}") is not None:
            yield import_module(f"{folder.name}.{name}")
