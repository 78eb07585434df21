"""Refuses to create an app with a route that accepts unbounded values, which the database or Python could not hold.

This runs when the app is created, so an engineer sees the error at once and a client never does.
"""

from typing import Any

from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import HTTPRouteHandler
from msgspec import inspect

from entrypoints.http.contract.fields import Request
from entrypoints.http.contract.route_plan import body_media_type, parameters_of


def refuse_unbounded(handler: HTTPRouteHandler) -> None:
    """Check that a route's body and parameters are bounded.

    `Annotated[..., Meta(extra={"unbounded": "why that is safe"})]` exempts one type.

    Raises:
        ImproperlyConfiguredException: a number or text of the body or the parameters has no bounds, or a body is not a
            `Request`.
    """
    fields = parameters_of(handler)
    if fields and "parameters_checked" not in handler.opt:
        raise ImproperlyConfiguredException(
            f"{handler.handler_name}: declare it with entrypoints.http.contract.routing"
        )
    data = handler.parsed_data_field
    if data is not None and body_media_type(data) == "application/json":
        fields["data"] = data
    for name, field in fields.items():
        fault = _fault(inspect.type_info(field.raw), name, set())
        if fault:
            raise ImproperlyConfiguredException(f"{handler.handler_name}: {fault}")


def _fault(info: inspect.Type, path: str, seen: set[Any]) -> str:
    match info:
        case inspect.Metadata(type=inner, extra=extra):
            return "" if extra and extra.get("unbounded") else _fault(inner, path, seen)
        case inspect.IntType() | inspect.FloatType() if (info.ge is None and info.gt is None) or (
            info.le is None and info.lt is None
        ):
            return f"{path} is a number without bounds: annotate it with Meta(ge=, le=)"
        case inspect.StrType(max_length=None) | inspect.BytesType(max_length=None):
            return f"{path} is a text without max_length"
        case inspect.TimeType():
            return f"{path} is a time of day: use ClockTime"
        case inspect.AnyType() | inspect.RawType() | inspect.DecimalType() | inspect.TimeDeltaType():
            return f"{path} may hold any value: give it a narrower type"
        case inspect.StructType(cls=cls, fields=fields):
            if not issubclass(cls, Request):
                return f"{path} is a {cls.__name__}, which is not a Request"
            if cls in seen:
                return ""
            seen.add(cls)
            return next(filter(None, (_fault(field.type, f"{path}.{field.name}", seen) for field in fields)), "")
        case inspect.DataclassType() | inspect.TypedDictType() | inspect.NamedTupleType():
            return f"{path} is not a Request"
        case inspect.DictType(key_type=key, value_type=value):
            return _fault(key, f"{path} key", seen) or _fault(value, f"{path} value", seen)
        case inspect.UnionType(types=types) | inspect.TupleType(item_types=types):
            return next(filter(None, (_fault(kind, path, seen) for kind in types)), "")
        case inspect.CollectionType(item_type=item):
            return _fault(item, f"{path}[]", seen)
    return ""
