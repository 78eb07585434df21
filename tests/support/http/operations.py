"""The routes of the OpenAPI document, with what tests need to call them."""

from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import uuid4

from attrs import field, frozen

from entrypoints.http.docs.document import document

JsonPath = tuple[str | int, ...]
"""The path of a value in a body: field names from the outside in, 0 for the first item of a list."""


@frozen
class Operation:
    """One route. `path_parameters` and `query` hold schemas by name; `required_parameters` holds an example of each
    required query parameter; `body` is the schema of the JSON body. `binary`: the body is a file."""

    method: str
    path: str
    operation_id: str
    side: str
    path_parameters: dict[str, Any]
    query: dict[str, Any]
    required_parameters: dict[str, str]
    body: Any
    example: Any
    statuses: frozenset[int]
    binary: bool
    document: dict[str, Any] = field(repr=False, eq=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def resolved(self, schema: Any) -> Any:
        """The schema that a reference points to; of alternatives, the first that is not null."""
        while True:
            if "$ref" in schema:
                schema = resolved(self.document, schema)
                continue
            choices = [one for key in ("anyOf", "oneOf") for one in schema.get(key, ()) if one != {"type": "null"}]
            if not choices:
                return schema
            schema = choices[0]

    def ids_in_query(self) -> list[str]:
        """The names of query parameters that are ids."""
        return [name for name, schema in self.query.items() if self.resolved(schema).get("format") == "uuid"]

    def ids_in_body(self) -> list[JsonPath]:
        """The paths of ids in the body."""
        return [] if self.body is None else list(self._ids(self.body, ()))

    def _ids(self, schema: Any, at: JsonPath) -> Iterator[JsonPath]:
        schema = self.resolved(schema)
        if schema.get("format") == "uuid":
            yield at
        for name, inside in schema.get("properties", {}).items():
            yield from self._ids(inside, (*at, name))
        if "items" in schema:
            yield from self._ids(schema["items"], (*at, 0))

    def minimal_body(self, place: JsonPath, value: str) -> Any:
        """The example's required fields only, with `value` at the path `place`."""
        return self._minimal(self.body, self.example, place, value)

    def _minimal(self, schema: Any, example: Any, place: JsonPath, value: str) -> Any:
        if not place:
            return value
        schema, step, rest = self.resolved(schema), place[0], place[1:]
        if step == 0:
            return [self._minimal(schema["items"], example[0] if example else None, rest, value)]
        example = example or {}
        required = {name: example[name] for name in schema.get("required", ())}
        return required | {step: self._minimal(schema["properties"][step], example.get(step), rest, value)}


@cache
def operations() -> tuple[Operation, ...]:
    """All routes. `side` names whose session the route needs: portal, practice, or empty for none."""
    described = document()
    return tuple(
        _operation(described, path, method, one)
        for path, methods in described["paths"].items()
        for method, one in methods.items()
    )


def _operation(described: Any, path: str, method: str, one: Any) -> Operation:
    parameters = [resolved(described, each) for each in one.get("parameters", ())]
    bodies = one.get("requestBody", {}).get("content", {})
    content = bodies.get("application/json", {})
    side = path.split("/")[3] if one.get("security") else ""
    return Operation(
        method=method.upper(),
        path=path,
        operation_id=one["operationId"],
        side=side,
        path_parameters={each["name"]: each["schema"] for each in parameters if each["in"] == "path"},
        query={each["name"]: each["schema"] for each in parameters if each["in"] == "query"},
        required_parameters={
            each["name"]: _example(each) for each in parameters if each["in"] == "query" and each.get("required")
        },
        body=content.get("schema"),
        example=content.get("example"),
        statuses=frozenset(map(int, one["responses"])),
        binary="application/octet-stream" in bodies,
        document=described,
    )


def _example(parameter: Any) -> str:
    return {"date": "2026-03-09", "uuid": str(uuid4())}[parameter["schema"]["format"]]


def with_ids(body: Any, ids: dict[str, str]) -> Any:
    """The example with the given ids in place of its own."""
    if isinstance(body, dict):
        return {
            name: ids[name] if name in ids and isinstance(value, str) else with_ids(value, ids)
            for name, value in body.items()
        }
    return [with_ids(one, ids) for one in body] if isinstance(body, list) else body


def resolved(described: Any, part: Any) -> Any:
    """A part of the document, or the component that it refers to."""
    while "$ref" in part:
        found = described
        for key in part["$ref"].split("/")[1:]:
            found = found[key]
        part = found
    return part
