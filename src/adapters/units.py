"""Units of work of an adapter: each feature declares its own, and one class of them all serves every use case."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar, cast

from adapters.features import feature_modules

R = TypeVar("R")
Tx = TypeVar("Tx")
Tx_co = TypeVar("Tx_co", covariant=True)
U = TypeVar("U")


class DuplicateRepository(Exception):
    """Two features call their repositories the same."""


class _Transacted(Protocol[Tx_co]):
    @property
    def tx(self) -> Tx_co: ...


class Repository(Generic[Tx, R]):
    """A repository of a unit, made over its transaction when it is first asked for, and kept."""

    def __init__(self, make: Callable[[Tx], R]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, unit: _Transacted[Tx], owner: type) -> R:
        # From now on it is found in the instance before this is asked.
        made = vars(unit)[self._name] = self._make(unit.tx)
        return made


def compose_unit_class(name: str, core: type[U], adapter: ModuleType) -> type[U]:
    """One class of the `UNIT` of every feature of the adapter, all of them subclasses of `core`.

    Raises:
        Clash: names the repository.
    """
    parts: list[type[Any]] = [module.UNIT for module in feature_modules(adapter, "unit")]
    seen = set[str]()
    for part in parts:
        names = {one for one, kind in vars(part).items() if isinstance(kind, Repository)}
        if both := seen & names:
            raise DuplicateRepository(", ".join(sorted(both)))
        seen |= names
    return cast(type[U], type(name, (*parts, core), {}))
