"""Finds all use cases: in each module `portal_core.<feature>.use_cases.<name>`, the class of the same name.

Nothing has to be registered. A use case's fields are named after the parts they take, a job is named after its use
case, and a controller takes a use case by the same name.
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
    """A use case module does not define a use case of the same name."""


@cache
def use_case_classes() -> dict[str, type[Any]]:
    """Return every use case class by its name (`book_appointment`).

    Raises:
        MisnamedUseCase: a module and its class have different names.
    """
    return dict(_found())


def features() -> list[str]:
    """Return the names of the core's packages that have use cases."""
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
    """Return the name of a use case, which is its module's name."""
    return kind.__module__.rpartition(".")[2]


def wire(parts: Mapping[str, Any], make: Callable[..., Any] = lambda kind, **fields: kind(**fields)) -> dict[str, Any]:
    """Create every use case from the parts that its fields name.

    Raises:
        MissingPart: a field has no part and no default. The message names the field and the use case.
    """
    made = {}
    for name, kind in use_case_classes().items():
        fields = {}
        for field in attrs.fields(kind):
            if field.name in parts:
                fields[field.name] = parts[field.name]
            elif field.default is attrs.NOTHING:
                raise MissingPart(f"{name} needs a part named {field.name}")
        made[name] = make(kind, **fields)
    return made


def job_ids(kind: type[Any]) -> set[str]:
    """Return the names of the ids that a use case takes when it runs as a job."""
    names = [name for name in inspect.signature(kind.__call__).parameters if name not in ("self", "actor")]
    if not names:
        return set()
    wanted = get_type_hints(kind.__call__)[names[0]]
    return {names[0]} if wanted is UUID else {field.name for field in attrs.fields(wanted)}


def job_arguments(kind: type[Any], ids: Mapping[str, str]) -> tuple[Any, ...]:
    """Return the arguments after the actor for a use case that runs as a job.

    Built from the job's ids: the use case's command, the single id that it takes, or nothing.
    """
    names = [name for name in inspect.signature(kind.__call__).parameters if name not in ("self", "actor")]
    if not names:
        return ()
    wanted = get_type_hints(kind.__call__)[names[0]]
    if wanted is UUID:
        return (UUID(ids[names[0]]),)
    return (wanted(**{name: UUID(value) for name, value in ids.items()}),)
