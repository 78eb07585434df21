"""The OpenAPI document is complete, works offline, and is the same every time."""

import json
import re
import sys
import types
from datetime import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from jsonschema_rs import Draft202012Validator
from litestar import Controller
from litestar.di import NamedDependency
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import get as litestars_get
from litestar.params import JSONBody

from entrypoints.http.app import create_app, openapi_of
from entrypoints.http.contract.fields import FromQuery, LongText, Request, ShortText
from entrypoints.http.contract.routing import get, post
from tests.support.http.operations import resolved
from tests.support.http.toy_feature import ListToys, toy_parts

TOYS = "/api/v1/portal/toys"


@pytest.fixture
def document() -> dict[str, Any]:
    return openapi_of(create_app(toy_parts()))


def test_it_is_the_same_every_time(document: dict[str, Any]) -> None:
    assert json.dumps(document) == json.dumps(openapi_of(create_app(toy_parts())))


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)))
    assert references
    for reference in references:
        found: Any = document
        for step in reference.split("/"):
            found = found[step]
        assert found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The operations by id, each with its path and without references in place of its responses."""
    return {
        operation["operationId"]: operation
        | {
            "path": path,
            "responses": {status: resolved(document, one) for status, one in operation["responses"].items()},
        }
        for path, methods in document["paths"].items()
        for operation in methods.values()
    }


def problem_codes(operation: dict[str, Any]) -> set[str]:
    return {
        code
        for status, answer in operation["responses"].items()
        if status >= "400"
        for code in answer["content"]["application/problem+json"]["examples"]
    }


def test_operations_have_an_id_a_summary_and_a_tag(document: dict[str, Any]) -> None:
    found = operations(document)
    assert {"list_toys", "add_toy", "count_toys", "live", "ready", "metrics"} <= set(found)
    for operation in found.values():
        assert operation["summary"]
        assert operation["tags"]
    assert found["list_toys"]["summary"] == "The toys of a record."
    assert found["list_toys"]["description"] == "Oldest first."
    assert found["count_toys"]["path"] == "/api/v1/practice/toys/count"


def test_problems_are_declared(document: dict[str, Any]) -> None:
    found = operations(document)
    assert problem_codes(found["add_toy"]) == {
        "bad_request",
        "body_too_large",
        "body_too_slow",
        "csrf_token_invalid",
        "idempotency_key_invalid",
        "idempotency_key_reused",
        "invalid",
        "malformed_body",
        "not_found",
        "overloaded",
        "rate_limited",
        "record_destroyed",
        "toy_shelf_full",
        "unauthenticated",
        "unknown_practice",
        "unsupported_encoding",
        "unsupported_media_type",
    }
    assert problem_codes(found["visit"]) == {"bad_request", "invalid", "rate_limited", "unknown_practice"}
    assert problem_codes(found["live"]) == set()
    assert "unavailable" in problem_codes(found["fail_toy"])
    assert found["add_toy"]["responses"]["429"]["headers"]["Retry-After"]


def test_security_requirements(document: dict[str, Any]) -> None:
    found = operations(document)
    assert found["list_toys"]["security"] == [{"bearer": []}, {"cookie": []}]
    assert found["add_toy"]["security"] == [{"bearer": []}, {"cookie": [], "csrf": []}]
    assert "security" not in found["visit"]
    names = {parameter.get("$ref", parameter.get("name")) for parameter in found["add_toy"]["parameters"]}
    assert names == {f"#/components/parameters/{name}" for name in ("practice", "client", "idempotency_key")}


def test_bounds_are_declared(document: dict[str, Any]) -> None:
    size = next(one for one in operations(document)["list_toys"]["parameters"] if one.get("name") == "size")
    assert size["schema"] | {"description": ""} == {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "default": 20,
        "description": "",
    }
    body = document["components"]["schemas"]["AddToyRequest"]
    assert body["additionalProperties"] is False
    assert body["required"] == ["name"]
    assert body["properties"]["name"]["maxLength"] == 200


def test_responses_have_all_fields_and_readable_names(document: dict[str, Any]) -> None:
    toy = document["components"]["schemas"]["ToyView"]
    assert toy["required"] == ["id", "name", "added_at", "kind", "date_of_birth"]
    assert toy["properties"]["added_at"] == {"type": "string", "format": "date-time"}
    assert set(document["components"]["schemas"]) == {
        "AddToyRequest",
        "FieldCode",
        "FieldError",
        "Problem",
        "ProblemCode",
        "RenameParts",
        "ToyView",
        "ToyViewPage",
    }


def test_examples_fit_their_schemas(document: dict[str, Any]) -> None:
    checked = 0
    for operation in operations(document).values():
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for content in part.get("content", {}).values():
                if "example" in content:
                    schema = content["schema"] | {"components": document["components"]}
                    Draft202012Validator(schema).validate(content["example"])
                    checked += 1
    assert checked > 5


async def test_responses_match_the_schema(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    schema = operations(document)["list_toys"]["responses"]["200"]["content"]["application/json"]["schema"]
    await client.post(TOYS, json={"name": "Bear"})
    answer = (await client.get(TOYS)).json()
    Draft202012Validator(schema | {"components": document["components"]}).validate(answer)
    problem = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    Draft202012Validator(problem).validate((await client.post(TOYS, json={"name": ""})).json())


async def test_the_page_needs_no_internet_and_no_script(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs", headers={"authorization": ""})
    assert page.status_code == 200
    for word in ("<script", "<link", "<img", "@import", "url(", "javascript:", "onclick", 'src="'):
        assert word not in page.text
    assert set(re.findall(r'href="([^"#]+)', page.text)) <= {"/openapi.json"} | set(
        re.findall(r"/problems/\w+", page.text)
    )
    assert "POST /api/v1/portal/toys" in page.text
    assert "toy_shelf_full" in page.text
    assert (await client.get("/openapi.json")).json()["openapi"] == "3.1.0"


# --- routes that create_app does not take -----------------------------------------------------------------------------


class UnboundedRequest(Request):
    number: int


class UnboundedTextRequest(Request):
    lines: list[str]


class HoursRequest(Request):
    opens: time


class NoRequest(msgspec.Struct):
    name: ShortText


def posting(body: Any) -> type[Controller]:
    class Posting(Controller):
        path = "/loose"

        @post()
        async def take(self, data: JSONBody[body]) -> None: ...

    return Posting


def asking_for(kind: Any) -> type[Controller]:
    class Asking(Controller):
        path = "/loose"

        @get()
        async def look(self, what: FromQuery[kind]) -> None: ...

    return Asking


class UndocumentedController(Controller):
    path = "/loose"

    @litestars_get()
    async def look(self, what: FromQuery[ShortText]) -> None: ...


class DuplicateOperationController(Controller):
    path = "/twice"

    @get("/a")
    async def same(self) -> None: ...

    @get("/b", operation_id="same")
    async def other(self) -> None: ...


class UnknownUseCaseController(Controller):
    path = "/nobody"

    @get(auth="anyone")  # type: ignore[typeddict-item]
    async def look(self) -> None: ...


@pytest.mark.parametrize(
    ("controller", "words"),
    [
        (posting(UnboundedRequest), "data.number is a number without bounds"),
        (posting(UnboundedTextRequest), "data.lines.. is a text without max_length"),
        (posting(NoRequest), "which is not a Request"),
        (posting(dict[str, Any]), "text without max_length"),
        (posting(HoursRequest), "data.opens is a time of day: use ClockTime"),
        (asking_for(int), "what is a number without bounds"),
        (asking_for(float | None), "what is a number without bounds"),
        (asking_for(str), "what is a text without max_length"),
        (UndocumentedController, "declare it with entrypoints.http.contract.routing"),
        (DuplicateOperationController, "two routes have the operation id same"),
        (UnknownUseCaseController, "unknown auth"),
    ],
)
def test_unbounded_request_is_refused(controller: type[Controller], words: str) -> None:
    with pytest.raises(ImproperlyConfiguredException, match=words):
        create_app(toy_parts(portal=[controller]))


def test_bounded_request_is_accepted() -> None:
    create_app(toy_parts(portal=[posting(AddNote)]))


class AddNote(Request):
    text: LongText
    more: "list[AddNote] | None" = None


def test_an_unknown_use_case_is_found_when_the_app_is_made() -> None:
    class Forgetful(Controller):
        path = "/forgetful"

        @get()
        async def look(self, list_bears: NamedDependency[ListToys]) -> None: ...

    with pytest.raises(ImproperlyConfiguredException, match="list_bears"):
        create_app(toy_parts(portal=[Forgetful]))


def test_the_controller_in_contributing_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[3] / "CONTRIBUTING.md").read_text()
    section = text[text.index("## Entry points") : text.index("## Tests")]
    code = section.partition("```python\n")[2].partition("```")[0]
    imports = """
from uuid import UUID
from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from entrypoints.http.contract.fields import FromPath, LongText, Request, Version
from entrypoints.http.server.request import PortalRequest
from entrypoints.http.contract.routing import patch
from portal_core.appointments.errors import AlreadyStarted, LateCancelRefused, NotBooked
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointment, CancelAppointmentCommand
from portal_core.appointments.views import AppointmentView
from portal_core.kernel.errors import StaleVersion
"""
    module = types.ModuleType("contributed")
    monkeypatch.setitem(sys.modules, "contributed", module)
    exec(imports + code, vars(module))
    app = create_app(toy_parts(portal=[module.AppointmentsController], use_cases={"cancel_appointment": object()}))
    cancel = operations(openapi_of(app))["cancel_appointment"]
    assert cancel["path"] == "/api/v1/portal/appointments/{appointment_id}/cancel"
    assert {"late_cancel_refused", "stale_version", "not_found", "csrf_token_invalid"} <= problem_codes(cancel)
