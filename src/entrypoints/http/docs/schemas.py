"""JSON schemas and examples of the types that routes take and answer, by msgspec, which also reads and writes them."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
import msgspec

from entrypoints.http.contract.fields import Request

Schema = dict[str, Any]
MAX_EXAMPLE_DEPTH = 12
"""Levels of an example, for types that hold themselves."""

REFERENCE = "#/components/schemas/{name}"
_GENERIC = re.compile(r"(\w+?)_(\w+)_\Z")

EXAMPLES: dict[str, Any] = {
    "uuid": "0190a3c4-7c1e-7d2a-9f00-5b8c2f6d1e42",
    "date-time": "2027-03-14T15:30:00Z",
    "date-time-local": "2027-03-16T10:00:00",
    "date": "2027-03-14",
    "time": "15:30:00",
    "partial-time": "15:30:00",
    "duration": "PT50M",
    "byte": "aGVsbG8=",
}


class Schemas:
    """Collects types, then answers a schema for each and the components they share."""

    def __init__(self, kinds: Iterable[Any]) -> None:
        self._alternatives: dict[Any, list[Any]] = {kind: list(_alternatives(kind)) for kind in kinds}
        parts = list({part: None for parts in self._alternatives.values() for part in parts})
        schemas, components = msgspec.json.schema_components(parts, ref_template=REFERENCE)
        names = {name: _readable(name) for name in components}
        self._schemas = {part: _renamed(schema, names) for part, schema in zip(parts, schemas, strict=True)}
        self.components: dict[str, Schema] = {
            names[name]: _renamed(schema, names) for name, schema in sorted(components.items())
        }
        for kind in _classes(parts):
            schema = self.components.get(_readable(re.sub(r"\W", "_", _title(kind))))
            if schema is not None:
                _completed(schema, kind)

    def of(self, kind: Any) -> Schema:
        """The schema of one of the types."""
        schemas = [self._schemas[part] for part in self._alternatives[kind]]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def example(self, schema: Schema, depth: int = 0) -> Any:
        """A value that fits, made of the fields' own examples."""
        if "$ref" in schema:
            return self.example(self.components[schema["$ref"].rpartition("/")[2]], depth + 1)
        if schema.get("examples"):
            return schema["examples"][0]
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self.example(schema[key][0], depth + 1)
        if "enum" in schema or "const" in schema:
            return schema.get("const", next(iter(schema.get("enum", ())), None))
        match schema.get("type"):
            case "object":
                return {
                    name: self.example(field, depth + 1)
                    for name, field in schema.get("properties", {}).items()
                    if depth < MAX_EXAMPLE_DEPTH
                }
            case "array":
                items = schema.get("items")
                return [self.example(items, depth + 1)] if isinstance(items, dict) and depth < MAX_EXAMPLE_DEPTH else []
            case "string":
                return EXAMPLES.get(schema.get("format", ""), "text")
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return True
        return None


def _alternatives(kind: Any) -> Iterator[Any]:
    """msgspec takes one class in a union; a route may answer one of several."""
    classes = [part for part in get_args(kind) if attrs.has(part)] if get_origin(kind) in (Union, UnionType) else []
    if len(classes) < 2:
        yield kind
    else:
        yield from (part for part in get_args(kind) if part is not NoneType)


def _readable(name: str) -> str:
    """`Page_AppointmentView_` is `AppointmentViewPage`."""
    match = _GENERIC.match(name)
    return f"{match[2]}{match[1]}" if match else name


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, dict):
        return {
            key: REFERENCE.format(name=names[value.rpartition("/")[2]]) if key == "$ref" else _renamed(value, names)
            for key, value in schema.items()
        }
    return [_renamed(item, names) for item in schema] if isinstance(schema, list) else schema


def _title(kind: Any) -> str:
    arguments = get_args(kind)
    return f"{kind.__origin__.__name__}[{arguments[0].__name__}]" if arguments else str(kind.__name__)


def _classes(kinds: Iterable[Any], seen: set[Any] | None = None) -> set[Any]:
    seen = set() if seen is None else seen
    for kind in kinds:
        origin = get_origin(kind) or kind
        if (attrs.has(origin) or _is_answer(origin)) and kind not in seen:
            seen.add(kind)
            _classes(get_type_hints(origin, include_extras=True).values(), seen)
        _classes(get_args(kind), seen)
    return seen


def _is_answer(kind: Any) -> bool:
    """A structure that is no request; a request's own types say all."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct) and not issubclass(kind, Request)


def _completed(schema: Schema, kind: Any) -> None:
    """An answer has all its fields, and its times have an offset; msgspec cannot know either of an attrs class.

    A time of day, and a `NewType` of a datetime, are readings of a clock on the wall, without an offset.
    """
    origin = get_origin(kind) or kind
    if attrs.has(origin):
        schema["required"] = list(schema.get("properties", {}))
    for name, hint in get_type_hints(origin).items():
        if name in schema["properties"] and (words := _time_format(hint)):
            _with_format(schema["properties"][name], words)


def _time_format(hint: Any) -> str:
    if hint is datetime:
        return "date-time"
    if hint is time:
        return "partial-time"
    if getattr(hint, "__supertype__", None) is datetime:
        return "date-time-local"
    return next(filter(None, map(_time_format, get_args(hint))), "")


def _with_format(schema: Any, words: str) -> None:
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            schema.setdefault("format", words)
        for value in schema.values():
            _with_format(value, words)
    elif isinstance(schema, list):
        for item in schema:
            _with_format(item, words)
