"""The routes of the OpenAPI document, with what tests need to ask them."""

from functools import cache
from typing import Any

from attrs import field, frozen

from entrypoints.http.document import document


@frozen
class Operation:
    """One route. `path_parameters` and `query` hold schemas by name; `body` is the JSON body's schema."""

    method: str
    path: str
    operation_id: str
    side: str
    path_parameters: dict[str, Any]
    query: dict[str, Any]
    body: Any
    example: Any
    statuses: frozenset[int]
    document: dict[str, Any] = field(repr=False, eq=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def resolved(self, schema: Any) -> Any:
        """The schema behind references; of alternatives, the one that is not null."""
        while True:
            if "$ref" in schema:
                schema = _resolved(self.document, schema)
                continue
            choices = [one for key in ("anyOf", "oneOf") for one in schema.get(key, ()) if one != {"type": "null"}]
            if not choices:
                return schema
            schema = choices[0]


@cache
def operations() -> tuple[Operation, ...]:
    """All of them. `side` is whose session opens the route: portal, practice, or empty where none is needed."""
    described = document()
    return tuple(
        _operation(described, path, method, one)
        for path, methods in described["paths"].items()
        for method, one in methods.items()
    )


def _operation(described: Any, path: str, method: str, one: Any) -> Operation:
    parameters = [_resolved(described, each) for each in one.get("parameters", ())]
    content = one.get("requestBody", {}).get("content", {}).get("application/json", {})
    side = path.split("/")[3] if one.get("security") else ""
    return Operation(
        method=method.upper(),
        path=path,
        operation_id=one["operationId"],
        side=side,
        path_parameters={each["name"]: each["schema"] for each in parameters if each["in"] == "path"},
        query={each["name"]: each["schema"] for each in parameters if each["in"] == "query"},
        body=content.get("schema"),
        example=content.get("example"),
        statuses=frozenset(map(int, one["responses"])),
        document=described,
    )


def with_ids(body: Any, ids: dict[str, str]) -> Any:
    """An example with known ids where it has ids."""
    if isinstance(body, dict):
        return {
            name: ids[name] if name in ids and isinstance(value, str) else with_ids(value, ids)
            for name, value in body.items()
        }
    return [with_ids(one, ids) for one in body] if isinstance(body, list) else body


def _resolved(described: Any, part: Any) -> Any:
    while "$ref" in part:
        found = described
        for key in part["$ref"].split("/")[1:]:
            found = found[key]
        part = found
    return part
