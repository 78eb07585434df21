"""No input causes a 5xx, and every invalid field is reported."""

import json
from datetime import date, time
from typing import Annotated, Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from entrypoints.http.app import create_app
from entrypoints.http.appointments.practice.series import LocalStart
from entrypoints.http.contract.bodies import decode_body
from entrypoints.http.contract.fields import ClockTime, Instant, Request, ShortText, clock_time
from portal_core.kernel.errors import Invalid, PortalError
from tests.support.http.raw_asgi import ask
from tests.support.http.toy_feature import ADAS_TOKEN, AddToyRequest, ToysController, toy_parts
from tests.unit.http.conftest import http_client

TOYS = "/api/v1/portal/toys"
JSON = {"content-type": "application/json"}
SENT = [(b"authorization", b"Bearer " + ADAS_TOKEN.encode())]


async def errors_of(client: httpx.AsyncClient, body: Any) -> list[tuple[str, str]]:
    answer = await client.post(TOYS, json=body)
    assert answer.status_code == 422, answer.text
    return [(error["path"], error["code"]) for error in answer.json()["errors"]]


async def test_all_invalid_fields_are_reported_together(client: httpx.AsyncClient) -> None:
    body = {
        "kind": "tiger",
        "email": "nobody",
        "size": -1,
        "added_at": "2027-03-14T15:30:00",
        "parts": [{"at": "2027-03-14T15:30:00Z"}, {"at": "soon", "note": "x" * 5000}],
        "colour": "red",
    }
    assert sorted(await errors_of(client, body)) == [
        ("added_at", "zone_missing"),
        ("colour", "unknown_field"),
        ("email", "bad_format"),
        ("kind", "unknown_value"),
        ("name", "required"),
        ("parts.1.at", "bad_format"),
        ("parts.1.note", "too_long"),
        ("size", "out_of_range"),
    ]


class Part(Request):
    name: ShortText
    size: Annotated[int, Meta(ge=1, le=9)] = 1


class Parts(Request):
    """What a field that may be null can hold."""

    one: Part | None = None
    many: Annotated[list[Part], Meta(max_length=3)] | None = None
    sizes: Annotated[tuple[Annotated[int, Meta(ge=1, le=9)], ...], Meta(max_length=5)] | None = None
    some: list[Part] | Part | None = None


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"one": {"name": 3, "size": 10}}, ["one.name", "one.size"]),
        ({"many": [{"name": "Ear"}, {"name": 3, "size": 10}, {"x": 1}]}, ["many.1.name", "many.1.size", "many.2.x"]),
        ({"many": [{"name": "Ear"}] * 4}, ["many"]),
        ({"many": 3, "one": []}, ["many", "one"]),
        ({"sizes": [1, 10, 2, 0]}, ["sizes.1", "sizes.3"]),
        ({"some": [{"name": 3, "size": 10}]}, ["some.0.name", "some.0.size"]),
        ({"some": {"name": 3, "size": 10}}, ["some.name", "some.size"]),
    ],
)
def test_every_invalid_field_within_a_nullable_one_is_named(body: dict[str, Any], paths: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        decode_body(json.dumps(body).encode(), msgspec.json.Decoder(Parts))
    found = [one.path for one in refused.value.fields if one.code != "required"]
    assert sorted(found) == paths


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", None, "wrong_type"),
        ("name", 7, "wrong_type"),
        ("name", "", "too_short"),
        ("name", "x" * 201, "too_long"),
        ("name", "a\x00b", "characters_invalid"),
        ("size", "3", "wrong_type"),
        ("size", 2**31, "out_of_range"),
        ("size", 2**63, "out_of_range"),
        ("size", 10**400, "out_of_range"),
        ("size", 1.5, "wrong_type"),
        ("size", True, "wrong_type"),
        ("added_at", "0001-01-01T00:00:00+14:00", "out_of_range"),
        ("added_at", "9999-12-31T23:59:59-14:00", "out_of_range"),
        ("added_at", "10000-01-01T00:00:00Z", "bad_format"),
        ("date_of_birth", "0001-01-01", "out_of_range"),
        ("date_of_birth", "2027-02-30", "bad_format"),
        ("parts", [{"at": "9999-12-31T23:59:59Z"}], "out_of_range"),
        ("parts", [{"at": "2027-03-14T15:30:00Z"}] * 4, "too_many"),
        ("parts", {}, "wrong_type"),
    ],
)
async def test_invalid_field_has_its_code(client: httpx.AsyncClient, field: str, value: Any, code: str) -> None:
    found = await errors_of(client, {"name": "Bear"} | {field: value})
    assert [(path.partition(".")[0], found_code) for path, found_code in found] == [(field, code)]


@pytest.mark.parametrize(
    ("kind", "text", "code", "form"),
    [
        (ClockTime, "24:00", "bad_format", "00:00 to 23:59"),
        (ClockTime, "9:00", "bad_format", "00:00 to 23:59"),
        (ClockTime, "09:00:30", "bad_format", "00:00 to 23:59"),
        (ClockTime, "09:00:00Z", "bad_format", "without an offset"),
        (ClockTime, "\u0660\u0669:00", "bad_format", "00:00 to 23:59"),
        (LocalStart, "2027-03-16T10:00:00Z", "offset_not_allowed", "not have an offset. Example: 2027-03-14T15:30:00."),
        (LocalStart, "2027-03-16", "bad_format", "such as 2027-03-14T15:30:00"),
        (Instant, "2027-03-16T10:00:00", "zone_missing", "as in 2027-03-14T15:30:00Z"),
        (date, "16.3.2027", "bad_format", "such as 2027-03-14"),
    ],
)
def test_malformed_time_error_shows_an_example(kind: Any, text: str, code: str, form: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode_body(json.dumps(text).encode(), msgspec.json.Decoder(kind))
    (error,) = refused.value.fields
    assert error.code == code
    assert form in error.message


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b'{"name": "\xff"}',
        b'{"name": "a\x00b"}',
        rb'{"name": "\ud800"}',
        b'{"name": NaN}',
        b'{"name": ' + b"[" * 5000,
        b"[" * 40 + b"]" * 40,
        b"[" * 30_000,
    ],
)
async def test_malformed_json_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(TOYS, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")


async def test_brackets_within_strings_do_not_count_as_nesting(client: httpx.AsyncClient) -> None:
    answer = await client.post(TOYS, json={"name": '[{"\\' * 40})
    assert answer.status_code == 201


async def test_escaped_backslash_u0000_is_accepted(client: httpx.AsyncClient) -> None:
    answer = await client.post(TOYS, content=rb'{"name": "a\\u0000"}', headers=JSON)
    assert answer.json()["name"] == r"a\u0000"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_other_media_types_are_refused(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post(TOYS, content=b'{"name": "Bear"}', headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", ""])
async def test_compressed_body_is_refused(client: httpx.AsyncClient, coding: str) -> None:
    answer = await client.post(TOYS, content=b'{"name": "Bear"}', headers={**JSON, "content-encoding": coding})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_encoding")
    assert answer.headers["accept-encoding"] == "identity"


async def test_identity_content_encoding_is_accepted(client: httpx.AsyncClient) -> None:
    answer = await client.post(TOYS, content=b'{"name": "Bear"}', headers={**JSON, "content-encoding": "Identity"})
    assert answer.status_code == 201


async def test_incomplete_body_is_refused() -> None:
    """The server reports unreadable chunks in the same way as a disconnected client."""
    events = [{"type": "http.request", "body": b'{"name": "Bear"', "more_body": True}, {"type": "http.disconnect"}]
    answer = await ask(create_app(toy_parts()), "POST", TOYS, [*SENT, (b"content-type", b"application/json")], events)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")


async def test_json_with_a_charset_and_suffixes(client: httpx.AsyncClient) -> None:
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/fhir+json"):
        answer = await client.post(TOYS, content=b'{"name": "Bear"}', headers={"content-type": kind})
        assert answer.status_code == 201


async def test_empty_body_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(TOYS, content=b"", headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"path": "", "code": "required", "message": "Send a JSON object as the body."}]


async def test_body_above_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    body = b'{"name": "' + b"x" * 70_000 + b'"}'
    assert (await client.post(TOYS, content=body, headers=JSON)).json()["code"] == "body_too_large"
    assert (await client.post(f"{TOYS}/upload", content=body)).json() == {"size": len(body)}

    async def unannounced() -> Any:
        for _ in range(3):
            yield b"x" * 30_000

    answer = await client.post(TOYS, content=unannounced(), headers=JSON)
    assert answer.status_code == 413


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
FIELDS = st.sampled_from([field.name for field in msgspec.structs.fields(AddToyRequest)])
DECODER = msgspec.json.Decoder(AddToyRequest)


def outcome(body: bytes) -> str:
    """What a body comes to: taken, or the code of its refusal. Anything else that is raised fails the test."""
    try:
        taken: AddToyRequest = decode_body(body, DECODER)
    except PortalError as error:
        return error.code if not isinstance(error, Invalid) or error.fields else "a refusal that names nothing"
    return "taken" if "\x00" not in taken.name else "a NUL that came through"


@given(st.dictionaries(FIELDS | st.text(max_size=3), VALUES, max_size=6))
def test_any_object_is_accepted_or_refused_with_a_client_error(body: dict[str, Any]) -> None:
    assert outcome(json.dumps(body).encode()) in ("taken", "invalid", "malformed_body")


@given(st.binary(max_size=60))
def test_any_bytes_are_accepted_or_refused_with_a_client_error(body: bytes) -> None:
    assert outcome(body) in ("invalid", "malformed_body")


@given(st.dictionaries(st.sampled_from(["after", "size", "since", "x"]), st.text(max_size=20), max_size=3))
async def test_any_query_never_causes_a_server_error(query: dict[str, str]) -> None:
    async with http_client(portal=[ToysController]) as client:
        answer = await client.get(TOYS, params=query)
    assert answer.status_code in (200, 422)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "authorization",
                "cookie",
                "host",
                "idempotency-key",
                "portal-client",
                "portal-practice",
                "x-csrf-token",
                "x-forwarded-for",
                "x-request-id",
                "user-agent",
                "content-type",
                "content-length",
                "origin",
            ]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40),
        max_size=5,
    )
)
async def test_any_headers_never_cause_a_server_error(headers: dict[str, str]) -> None:
    async with http_client() as client:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        answer = await client.post(TOYS, content=b'{"name": "Bear"}', headers=raw)
    assert answer.status_code < 500


@pytest.mark.parametrize("text", ["09:00", "09:00:00"])
def test_time_of_day_may_have_zero_seconds(text: str) -> None:
    assert clock_time(msgspec.json.decode(json.dumps(text), type=ClockTime)) == time(9)
