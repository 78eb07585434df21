"""Units of work of an adapter: each feature declares its own, and one class combines them for all use cases."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar, cast

from adapters.feature_discovery import feature_modules

R = TypeVar("R")
Tx = TypeVar("Tx")
Tx_co = TypeVar("Tx_co", covariant=True)
U = TypeVar("U")


class DuplicateRepository(Exception):
    """Two features use the same name for a repository."""


class _Transacted(Protocol[Tx_co]):
    @property
    def tx(self) -> Tx_co: ...


class Repository(Generic[Tx, R]):
    """A unit's repository, created over its transaction on first access and then cached."""

    def __init__(self, make: Callable[[Tx], R]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, unit: _Transacted[Tx], owner: type) -> R:
        # Python finds the instance attribute first, so this runs only once.
        made = vars(unit)[self._name] = self._make(unit.tx)
        return made


def compose_unit_class(name: str, core: type[U], adapter: ModuleType) -> type[U]:
    """Combine the `UNIT` classes of all features of the adapter, which are subclasses of `core`, into one class.

    Raises:
        DuplicateRepository: two features use the same repository name; the message gives it.
    """
    parts: list[type[Any]] = [module.UNIT for module in feature_modules(adapter, "unit")]
    seen = set[str]()
    for part in parts:
        names = {one for one, kind in vars(part).items() if isinstance(kind, Repository)}
        if both := seen & names:
            raise DuplicateRepository(", ".join(sorted(both)))
        seen |= names
    return cast(type[U], type(name, (*parts, core), {}))
