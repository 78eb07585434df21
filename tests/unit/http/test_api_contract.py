"""What holds for every route: lists answer pages, absent is null, and each method does what it is for.

A new route is held to it as soon as it is mounted. SPEC.md, section 3, names the addresses that are exceptions.
"""

from collections.abc import Iterator
from typing import Any, get_type_hints

import msgspec
import pytest
from attrs import frozen
from litestar.handlers import HTTPRouteHandler
from msgspec import inspect

from entrypoints.http.contract.bodies import decode_body
from entrypoints.http.contract.fields import Request, is_optional_text
from entrypoints.http.controllers import OTHER, PORTAL, PRACTICE
from entrypoints.http.docs.document import document

PATCH_ACTIONS = {
    "/api/v1/portal/appointments/{appointment_id}/cancel",
    "/api/v1/portal/appointments/{appointment_id}/reschedule",
    "/api/v1/practice/appointments/{appointment_id}/cancel",
    "/api/v1/practice/appointments/{appointment_id}/reschedule",
}
"""SPEC 3.3 names the first two with PATCH; staff's own follow them."""

PAGE_FIELDS = {"items", "next"}
DESCRIBED = document()


@frozen
class Operation:
    """One route of the document."""

    path: str
    method: str
    said: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def answer(self) -> dict[str, Any]:
        """The schema of the answer in JSON; empty when there is none."""
        succeeded = next(one for status, one in self.said["responses"].items() if status.startswith("2"))
        return resolved(succeeded.get("content", {}).get("application/json", {}).get("schema", {}))

    @property
    def body(self) -> dict[str, Any]:
        """The schema of the request's body; empty when there is none."""
        content = self.said.get("requestBody", {}).get("content", {})
        return resolved(content.get("application/json", {}).get("schema", {}))


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, of the component that it refers to."""
    if "$ref" in schema:
        return dict(DESCRIBED["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


OPERATIONS = [
    Operation(path, method, said) for path, methods in DESCRIBED["paths"].items() for method, said in methods.items()
]
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


def handlers() -> Iterator[HTTPRouteHandler]:
    for controller in (*PORTAL, *PRACTICE, *OTHER):
        yield from (handler for handler in vars(controller).values() if isinstance(handler, HTTPRouteHandler))


def request_classes() -> list[type[Request]]:
    """Every class of a JSON body, and of what is within."""
    found: dict[type[Request], None] = {}
    for handler in handlers():
        kind = get_type_hints(handler.fn).get("data")
        if isinstance(kind, type) and issubclass(kind, Request):
            found.update(dict.fromkeys(_requests_in(inspect.type_info(kind))))
    return list(found)


def _requests_in(info: inspect.Type) -> Iterator[type[Request]]:
    match info:
        case inspect.StructType(cls=cls, fields=fields):
            yield cls
            for field in fields:
                yield from _requests_in(field.type)
        case inspect.Metadata(type=inner):
            yield from _requests_in(inner)
        case inspect.CollectionType(item_type=inner):
            yield from _requests_in(inner)
        case inspect.UnionType(types=kinds):
            for kind in kinds:
                yield from _requests_in(kind)


OPTIONAL_TEXTS = [
    (cls, field.encode_name)
    for cls in request_classes()
    for field in inspect.type_info(cls).fields  # type: ignore[attr-defined]  # of a structure
    if is_optional_text(field.type)
]


@every_operation
def test_lists_answer_pages(operation: Operation) -> None:
    """`{items, next}`, with `next` null on the last page; no route answers a bare array."""
    assert operation.answer.get("type") != "array"
    name = str(operation.said["operationId"])
    if name.startswith(("list_", "search_", "find_")) or "next" in operation.answer.get("properties", {}):
        assert set(operation.answer["properties"]) == PAGE_FIELDS
        assert set(operation.answer["required"]) == PAGE_FIELDS
        assert {"type": "null"} in operation.answer["properties"]["next"]["anyOf"]


@every_operation
def test_pages_are_asked_for_by_after_and_size(operation: Operation) -> None:
    """A list takes both parameters, or neither when it is never paged."""
    names = {one["name"] for one in operation.said["parameters"] if "name" in one}
    assert len(names & {"after", "size"}) in (0, 2)


@pytest.mark.parametrize("name", sorted(DESCRIBED["components"]["schemas"]))
def test_no_text_is_absent_by_being_empty(name: str) -> None:
    """A text that may be left out is null then. Of a problem, what is absent is not there (RFC 9457)."""
    if name == "Problem":
        return
    for field, schema in DESCRIBED["components"]["schemas"][name].get("properties", {}).items():
        assert schema.get("default") != "", f"{name}.{field}"


@pytest.mark.parametrize(("cls", "name"), OPTIONAL_TEXTS, ids=lambda one: getattr(one, "__name__", one))
def test_empty_text_of_a_request_is_null(cls: type[Request], name: str) -> None:
    hint = {field.encode_name: field.type for field in msgspec.structs.fields(cls)}[name]
    one = msgspec.defstruct("One", [(name, hint)], bases=(Request,), kw_only=True, frozen=True)
    decoder = msgspec.json.Decoder(one)
    for written in (b'""', b'"  "', b"null"):
        assert getattr(decode_body(b'{"%s": %s}' % (name.encode(), written), decoder), name) is None


def test_optional_texts_are_found() -> None:
    assert len(OPTIONAL_TEXTS) > 30


@every_operation
def test_methods_do_what_they_are_for(operation: Operation) -> None:
    """PUT replaces a thing at its own address, PATCH changes the fields that are named, POST creates or acts."""
    last = operation.path.rpartition("/")[2]
    fields = set(operation.body.get("properties", {}))
    match operation.method:
        case "get":
            assert not fields
        case "put" if last != "content":  # of a file, which the body is
            assert fields, "a replacement is whole"
        case "patch" if operation.path not in PATCH_ACTIONS:
            assert fields, "a change names fields"
            assert set(operation.body.get("required", ())) <= {"version"}, "what is left out stays"
            assert any(one.path == operation.path and one.method == "get" for one in OPERATIONS), "not a thing"
        case "delete":
            assert last not in ("cancel", "withdraw", "decline")


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.method == "put" and one.body], ids=str)
def test_replacement_gives_no_value_to_what_is_left_out(operation: Operation) -> None:
    """It is empty then. A value would lift a limit, or bring back who left, and nobody would have asked for it."""
    fields = operation.body["properties"]
    how_it_is_done = {"keep"}  # nothing that is stored
    given = {name for name, schema in fields.items() if resolved(schema).get("default") is not None}
    assert given - how_it_is_done == set()
    decides_by_itself = {"self_bookable", "cancel_notice_minutes"} & fields.keys()
    assert decides_by_itself <= set(operation.body["required"]) | {"cancel_notice_minutes"}
