"""Adapters subclass their ports (Protocols), so a method they do not override would silently return None."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import adapters


def adapter_classes() -> Iterator[type[Any]]:
    """The concrete classes in `adapters` that subclass a Protocol of the core."""
    for module in pkgutil.walk_packages(adapters.__path__, "adapters."):
        if ".migrations" in module.name:
            continue
        for value in vars(import_module(module.name)).values():
            if inspect.isclass(value) and value.__module__ == module.name and ports_of(value):
                yield value


def ports_of(adapter: type[Any]) -> list[type[Any]]:
    """The Protocols that the class subclasses."""
    return [
        base for base in adapter.__mro__[1:] if getattr(base, "_is_protocol", False) and base.__module__ != "typing"
    ]


def missing(adapter: type[Any]) -> list[str]:
    """The methods that the ports declare and no class of the adapter defines."""
    own = {name for base in adapter.__mro__ if base not in ports_of(adapter) for name in vars(base)}
    return [name for port in ports_of(adapter) for name in vars(port) if not name.startswith("_") and name not in own]


@pytest.mark.parametrize("adapter", sorted(adapter_classes(), key=lambda one: one.__qualname__))
def test_adapters_implement_every_method_of_their_ports(adapter: type[Any]) -> None:
    assert missing(adapter) == []


def test_missing_method_is_reported() -> None:
    from adapters.memory.engine.limits import MemoryRateLimits

    class Forgetful(*ports_of(MemoryRateLimits)):  # type: ignore[misc]
        async def take(self, *_: object) -> None: ...

    assert missing(Forgetful) == ["release"]
