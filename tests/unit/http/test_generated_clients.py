"""What a generator of clients needs from the document: names for what programs compare, no field more than needed."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from entrypoints.http.docs.document import document
from entrypoints.http.docs.problem_catalogue import error_classes
from portal_core.kernel.field_codes import FieldCode
from portal_core.kernel.notices import NOTICE_KINDS


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document()


@pytest.fixture(scope="module")
def schemas(described: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = described["components"]["schemas"]
    return found


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts(value)


def test_every_answer_with_content_has_a_schema(described: dict[str, Any]) -> None:
    without = [
        operation["operationId"]
        for methods in described["paths"].values()
        for operation in methods.values()
        for response in operation["responses"].values()
        for content in response.get("content", {"": {"schema": "none is sent"}}).values()
        if not content.get("schema")
    ]
    assert without == []


def test_codes_kinds_and_languages_are_enumerated(schemas: dict[str, Any]) -> None:
    codes = {kind.code for kind in error_classes()}
    assert schemas["Problem"]["properties"]["code"] == {"$ref": "#/components/schemas/ProblemCode"}
    assert set(schemas["ProblemCode"]["enum"]) == codes
    assert schemas["FieldError"]["properties"]["code"] == {"$ref": "#/components/schemas/FieldCode"}
    assert set(schemas["FieldCode"]["enum"]) == {*get_args(FieldCode), *codes}
    assert schemas["NotificationView"]["properties"]["kind"] == {"$ref": "#/components/schemas/NoticeKindName"}
    assert set(schemas["NoticeKindName"]["enum"]) == NOTICE_KINDS.keys()
    assert schemas["NotificationSettingsView"]["properties"]["language"] == {"enum": ["en", "es"]}


def test_no_field_has_a_default_that_would_make_generated_types_demand_it(schemas: dict[str, Any]) -> None:
    """openapi-typescript and others take a field with a default for one that is always there."""
    assert [part for part in parts(schemas) if "default" in part.keys() - part.get("properties", {}).keys()] == []


def test_defaults_are_told(schemas: dict[str, Any]) -> None:
    added, changed = schemas["AppointmentTypeRequest"], schemas["ChangeAppointmentTypeRequest"]
    assert added["properties"]["max_advance_days"]["description"] == "If it is left out: 90."
    assert "description" not in changed["properties"]["max_advance_days"]
    assert "max_advance_days" in set(changed["required"]) - set(added["required"])


def test_answers_that_differ_are_told_apart(described: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Each has a field that it alone has and always has."""
    sign_in = described["paths"]["/api/v1/portal/auth/login"]["post"]["responses"]["200"]
    kinds = [one["$ref"].rpartition("/")[2] for one in sign_in["content"]["application/json"]["schema"]["oneOf"]]
    assert kinds == ["SecondFactorChallenge", "BearerSession", "CookieSession"]
    required = [set(schemas[kind]["required"]) for kind in kinds]
    for one in required:
        assert one - set().union(*(other for other in required if other is not one))


def test_stream_says_what_its_events_hold(described: dict[str, Any]) -> None:
    stream = described["paths"]["/api/v1/portal/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    assert stream["schema"]["properties"]["data"]["contentSchema"] == {"$ref": "#/components/schemas/InboxUpdate"}
