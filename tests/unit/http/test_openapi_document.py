"""The document in `docs/reference/openapi.json` is complete, and states what the use cases refuse."""

import inspect
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
import schemathesis
from jsonschema_rs import Draft202012Validator
from litestar.handlers import HTTPRouteHandler

from entrypoints.http.controllers import OTHER, PORTAL, PRACTICE
from entrypoints.http.docs.document import document
from entrypoints.http.docs.problem_catalogue import error_classes
from entrypoints.use_case_registry import use_case_classes
from tests.support.http.operations import resolved

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "openapi.json"
RENEW = "the API changed: look at the difference, then run: portal openapi > docs/reference/openapi.json"
_RAISED = re.compile(r"^\s+((?:[A-Z]\w+, )*[A-Z]\w+):", re.MULTILINE)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document()


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_document_in_docs_is_of_this_api(described: dict[str, Any]) -> None:
    """Any change of a route, a bound or a response shows up here, as API clients would see it."""
    assert PAGE.read_text(encoding="utf-8") == json.dumps(described, indent=2, ensure_ascii=False) + "\n", RENEW


def test_the_document_is_valid(described: dict[str, Any]) -> None:
    schemathesis.openapi.from_dict(described).validate()


def test_a_problem_response_stands_once(described: dict[str, Any]) -> None:
    """Several operations refer to it by the name of its codes, so that readers and generators see one thing once."""
    inline = Counter(
        json.dumps(response)
        for _, operation in operations(described)
        for status, response in operation["responses"].items()
        if status >= "400" and "$ref" not in response
    )
    assert set(inline.values()) == {1}
    shared = described["components"]["responses"]
    assert not {json.dumps(response) for response in shared.values()} & inline.keys()
    for name, response in shared.items():
        assert name == "_or_".join(response["content"]["application/problem+json"]["examples"])


def test_no_two_types_have_one_name(described: dict[str, Any]) -> None:
    """The schemas of two would be told apart by their modules' names, which nobody outside should learn."""
    assert [name for name in described["components"]["schemas"] if not name.isidentifier()] == []


def test_examples_match_their_schemas(described: dict[str, Any]) -> None:
    checked = 0
    for name, operation in operations(described):
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for content in part.get("content", {}).values():
                if "example" in content:
                    schema = {**content["schema"], "components": described["components"]}
                    errors = [one.message for one in Draft202012Validator(schema).iter_errors(content["example"])]
                    assert errors == [], name
                    checked += 1
    assert checked > 150


def handlers() -> dict[str, HTTPRouteHandler]:
    """The routes by their operation ids."""
    return {
        str(handler.operation_id): handler
        for controller in (*PORTAL, *PRACTICE, *OTHER)
        for handler in vars(controller).values()
        if isinstance(handler, HTTPRouteHandler)
    }


def test_example_bodies_are_accepted(described: dict[str, Any]) -> None:
    """What the documentation shows can be pasted: also what no schema says, such as one of two fields."""
    routes, taken = handlers(), 0
    for _, operation in operations(described):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is not None:
            kind = get_type_hints(routes[operation["operationId"]].fn, include_extras=True)["data"]
            msgspec.convert(msgspec.json.decode(msgspec.json.encode(body["example"])), kind)
            taken += 1
    assert taken > 50


def test_routes_declare_the_errors_of_their_use_cases(described: dict[str, Any]) -> None:
    """The `Raises:` of a use case are the problems of its routes."""
    codes = {kind.__name__: kind.code for kind in error_classes()}
    routes, missing, looked = handlers(), [], 0
    for name, operation in operations(described):
        if operation["operationId"] not in routes:
            continue
        parameters = inspect.signature(routes[operation["operationId"]].fn).parameters
        for kind in (one for known, one in use_case_classes().items() if known in parameters):
            _, _, raises = (kind.__doc__ or "").partition("Raises:")
            said = {error for names in _RAISED.findall(raises) for error in names.split(", ")} & codes.keys()
            body = get_type_hints(routes[operation["operationId"]].fn).get("data")
            if not {"version", "expected_rule_ids"} & set(getattr(body, "__struct_fields__", ("version",))):
                said -= {"StaleVersion"}  # What is added replaces nothing that was read.
            declared = {
                code
                for answer in (resolved(described, one) for one in operation["responses"].values())
                for code in answer.get("content", {}).get("application/problem+json", {}).get("examples", ())
            }
            missing += [f"{name}: {error}" for error in sorted(said) if codes[error] not in declared]
            looked += len(said)
    assert missing == []
    assert looked > 200
