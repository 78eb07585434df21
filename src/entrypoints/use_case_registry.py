"""Which use cases there are: every class that a module `portal_core.<feature>.use_cases.<name>` is named after.

Nothing has to be registered. A use case's fields are named after the parts they take, a job is named after its use
case, and a controller asks for a use case by the same name.
"""

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, get_type_hints
from uuid import UUID

import attrs

import portal_core


class MissingPart(Exception):
    """A use case has a field that no part is named after."""


class MisnamedUseCase(Exception):
    """A module of use cases has no class of its name."""


@cache
def use_case_classes() -> dict[str, type[Any]]:
    """Every use case by its name (`book_appointment`).

    Raises:
        Misnamed: a module and its class have different names.
    """
    return dict(_found())


def features() -> list[str]:
    """The packages of the core that have use cases, by name."""
    packages = [one.name for one in pkgutil.iter_modules(portal_core.__path__) if one.ispkg]
    return [name for name in packages if importlib.util.find_spec(f"portal_core.{name}.use_cases") is not None]


def _found() -> Iterator[tuple[str, type[Any]]]:
    for feature in features():
        package = f"portal_core.{feature}.use_cases"
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            loaded = importlib.import_module(f"{package}.{module.name}")
            kind = getattr(loaded, "".join(word.capitalize() for word in module.name.split("_")), None)
            if kind is None or not attrs.has(kind) or "__call__" not in vars(kind):
                raise MisnamedUseCase(f"{package}.{module.name} has no use case of that name")
            yield module.name, kind


def use_case_name(kind: type[Any]) -> str:
    """The name of a use case: its module's."""
    return kind.__module__.rpartition(".")[2]


def wire(parts: Mapping[str, Any], make: Callable[..., Any] = lambda kind, **fields: kind(**fields)) -> dict[str, Any]:
    """Every use case, made of the parts that its fields name.

    Raises:
        MissingPart: names the field and the use case.
    """
    made = {}
    for name, kind in use_case_classes().items():
        fields = {}
        for field in attrs.fields(kind):
            if field.name in parts:
                fields[field.name] = parts[field.name]
            elif field.default is attrs.NOTHING:
                raise MissingPart(f"{name} needs a part called {field.name}")
        made[name] = make(kind, **fields)
    return made


def job_ids(kind: type[Any]) -> set[str]:
    """The names of the ids that a use case takes as a job."""
    names = [name for name in inspect.signature(kind.__call__).parameters if name not in ("self", "actor")]
    if not names:
        return set()
    wanted = get_type_hints(kind.__call__)[names[0]]
    return {names[0]} if wanted is UUID else {field.name for field in attrs.fields(wanted)}


def job_arguments(kind: type[Any], ids: Mapping[str, str]) -> tuple[Any, ...]:
    """What a use case takes beside the actor when it is called as a job, whose arguments are ids: its command, made of
    them, or the one id that it asks for, or nothing."""
    names = [name for name in inspect.signature(kind.__call__).parameters if name not in ("self", "actor")]
    if not names:
        return ()
    wanted = get_type_hints(kind.__call__)[names[0]]
    if wanted is UUID:
        return (UUID(ids[names[0]]),)
    return (wanted(**{name: UUID(value) for name, value in ids.items()}),)
