"""An OpenAPI fuzzer over every route, as a client, as staff and unauthenticated: no faults, documented responses only.

Schemathesis generates valid and invalid requests from the document; ids and fields of the scenario are mixed in, so
that requests pass more than the first check. Every change is rolled back after its request, so that signing out,
closing the account or changing its password does not affect the next request.
"""

import os
from typing import Any

import requests
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from entrypoints.http.docs.problem_catalogue import catalogue
from tests.integration.http.test_hostile_input import every_operation
from tests.support.http.operations import Operation, operations, with_ids
from tests.support.http.valid_requests import ValidRequests

FEW = 25 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 3
"""Examples for each route; every kind of caller sends each of them."""
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CODES = catalogue()
DOCUMENT = schemathesis.openapi.from_dict(operations()[0].document)
OURS = ("Authorization", "X-CSRF-Token", "Portal-Practice", "Portal-Client")
"""Headers that this test sets itself: generated values would have every request refused before it is read."""


@every_operation
@settings(max_examples=FEW)
@given(data=st.data())
async def test_responses_match_the_document(valid_requests: ValidRequests, operation: Operation, data: Any) -> None:
    route = DOCUMENT[operation.path][operation.method]
    wrong = data.draw(st.booleans(), "wrong on purpose")
    mode = GenerationMode.NEGATIVE if wrong else GenerationMode.POSITIVE
    case = data.draw(route.as_strategy(generation_mode=mode))
    for name in OURS:
        case.headers.pop(name, None)
    mixed = data.draw(st.booleans(), "with what the scene has")
    if mixed:
        mix(valid_requests, operation, case, data)
    may = valid_requests.token(operation)
    for token in dict.fromkeys((may, valid_requests.tokens["portal"], valid_requests.tokens["practice"], "")):
        answer = await send(valid_requests, case, token)
        rejects = [negative_data_rejection] if wrong and not mixed and token == may and not tolerated(case.body) else []
        case.validate_response(answer, checks=[*CHECKS, *rejects])
        if answer.status_code >= 400:
            problem = answer.json()
            assert CODES[problem["code"]].status == problem["status"] == answer.status_code, problem


def tolerated(body: Any) -> bool:
    """Whether an empty text is in it, which may be read as null and then is no fault."""
    if isinstance(body, dict | list):
        return any(map(tolerated, body.values() if isinstance(body, dict) else body))
    return bool(body == "")


def mix(valid_requests: ValidRequests, operation: Operation, case: Any, data: Any) -> None:
    """Replace some generated values by existing ids and by fields of the request that succeeds."""
    if case.path_parameters:
        case.path_parameters = dict(valid_requests.path_values(operation))
    good = valid_requests.body(operation)
    if isinstance(case.body, dict) and isinstance(good, dict) and good:
        taken = data.draw(st.sets(st.sampled_from(sorted(good))), "fields that are right")
        case.body = {**with_ids(case.body, valid_requests.ids), **{name: good[name] for name in sorted(taken)}}


async def send(valid_requests: ValidRequests, case: Any, token: str) -> Any:
    """Send the case as the given caller and roll its changes back; return the response."""
    said = requests.Request(**case.as_transport_kwargs(base_url="http://portal.example.org")).prepare()
    headers = [(_bytes(name).lower(), _bytes(value)) for name, value in said.headers.items()]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    body = said.body or b""
    try:
        answer = await valid_requests.ask(str(said.method), said.path_url, headers, _bytes(body))
    finally:
        valid_requests.snapshot.restore()
    return answer


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1", "replace")
