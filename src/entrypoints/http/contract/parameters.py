"""Validates path and query parameters against the bounds of their types.

Litestar 2.25 reads `FromQuery[Annotated[int, Meta(ge=1)]]` as a plain int and ignores the bounds. So the parameters of
a route with any bounds are validated again here, in one conversion. Litestar also accepts `0.5` as a time, meaning
seconds since 1970; that is refused here.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from inspect import Parameter, signature
from typing import Any, get_args, get_type_hints

import msgspec
from litestar.datastructures import MultiDict
from litestar.params import ParameterKwarg, PathParameter, QueryParameter

from entrypoints.http.contract.bodies import explain
from entrypoints.http.contract.fields import Request, field_error, may_be_time
from portal_core.kernel.errors import FieldError, Invalid, NotFound

Call = Callable[..., Awaitable[Any]]
_SECONDS = re.compile(r"[\s\d.+\-eE_]*\Z")


class Parameters(Request, frozen=True, forbid_unknown_fields=False, kw_only=True):
    """The base of the struct generated from a handler's parameters. Other arguments of the handler are ignored."""


def with_checked_parameters(handler: Call) -> Call:
    """Wrap a handler to refuse parameters outside the bounds of their types.

    Raises, when called:
        NotFound: a path parameter is out of bounds.
        Invalid: another parameter is out of bounds.
    """
    hints = get_type_hints(handler, include_extras=True)
    given = {name: hint for name, hint in hints.items() if _marker(hint) is not None}
    if not any(_states_bounds(hint) for hint in given.values()):
        return handler
    kind = msgspec.defstruct(
        f"{handler.__name__}_parameters", list(given.items()), bases=(Parameters,), kw_only=True, frozen=True
    )
    times = [name for name, hint in given.items() if may_be_time(hint) and "request" in hints]
    in_path = {name for name, hint in given.items() if isinstance(_marker(hint), PathParameter)}

    @wraps(handler)
    async def checked(*args: Any, **kwargs: Any) -> Any:
        found = [
            FieldError(name, "bad_format", "Enter a time such as 2027-03-14T15:30:00Z.")
            for name in times
            if isinstance(kwargs.get(name), datetime) and any(map(_SECONDS.match, _said(kwargs["request"], name)))
        ]
        try:
            msgspec.convert(kwargs, kind)
        except (msgspec.ValidationError, Invalid) as error:
            values = {name: kwargs[name] for name in given if name in kwargs}
            found += explain(values, kind, str(error))
        if any(_name(one) in in_path for one in found):
            raise NotFound
        if found:
            raise Invalid(*sorted(found, key=lambda one: list(given).index(_name(one))))
        return await handler(*args, **kwargs)

    return checked


def query_faults(handler: Call, query: MultiDict[Any]) -> list[FieldError]:
    """An error for each query parameter that is missing or not of its type, in the handler's order.

    Litestar itself stops at a missing parameter, at any of them if there are several.
    """
    defaults = signature(handler).parameters
    found: list[FieldError] = []
    for name, hint in get_type_hints(handler, include_extras=True).items():
        if not isinstance(_marker(hint), QueryParameter):
            continue
        said = query.getall(name, [])
        if not said and defaults[name].default is Parameter.empty:
            found.append(field_error(name, "Missing required"))
        elif said:
            found += _type_faults(name, hint, said[-1])
    return found


def _type_faults(name: str, hint: Any, text: str) -> list[FieldError]:
    try:
        msgspec.convert(text, hint, strict=False)
    except msgspec.ValidationError as error:
        return [field_error(name, str(error))]
    return []


def _name(fault: FieldError) -> str:
    """The parameter that the error is about."""
    return fault.path.partition(".")[0]


def _said(request: Any, name: str) -> list[str]:
    """Return a parameter's raw values from the query string."""
    return list(request.query_params.getall(name, ()))


def _marker(hint: Any) -> ParameterKwarg | None:
    metadata = getattr(hint, "__metadata__", ())
    return next((one for one in metadata if isinstance(one, ParameterKwarg)), None)


def _states_bounds(hint: Any) -> bool:
    metadata = getattr(hint, "__metadata__", ())
    return (
        any(isinstance(one, msgspec.Meta) for one in metadata)
        or may_be_time(hint)
        or any(_states_bounds(part) for part in get_args(hint) if part is not hint)
    )
