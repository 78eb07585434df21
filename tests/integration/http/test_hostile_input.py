"""Hostile input on every route of the document is refused with a problem or harmless: never a fault, and a refusal
changes nothing. New routes are covered automatically; tests/support/http/valid_requests.py makes them succeed."""

import json
import os
from typing import Any

import httpx
import pytest

from entrypoints.http.docs.problem_catalogue import catalogue
from tests.support.http.hostile_requests import HostileRequest, HostileRequests
from tests.support.http.hostile_values import FREE_TEXTS, STRINGS
from tests.support.http.operations import Operation, operations
from tests.support.http.valid_requests import ValidRequests

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
UNMATCHED = {404, 405}
"""Statuses that a route need not document: an unknown path or method."""
CODES = catalogue()
WRONG_CODES = (
    "UPDATE portal.identities ",
    "UPDATE portal.email_changes ",
    "UPDATE portal.safe_email_verifications ",
)
"""Tables in which failed codes are counted, and what is encrypted is written anew."""
REFUSED_CONTENT = {"file_kind_not_allowed", "file_expands_too_much", "file_too_large"}
FAILED_UPLOADS = ("UPDATE portal.files ", "INSERT jobs.procrastinate_")
"""A file awaits its content after a refused one as before, at a later version, and a job deletes what was refused."""
NEEDS_MORE = {"sign_in_with_oidc": 401, "link_oidc_identity": 422, "metrics": 404}
"""Operations that need an issuer, or an address in the deployment's own network."""

every_operation = pytest.mark.parametrize("operation", operations(), ids=lambda one: one.operation_id)


async def send(valid_requests: ValidRequests, attempt: HostileRequest) -> httpx.Response:
    return await valid_requests.ask(attempt.method, attempt.target, attempt.headers, attempt.body)


@every_operation
async def test_every_route_has_a_valid_request(valid_requests: ValidRequests, operation: Operation) -> None:
    """Otherwise the hostile requests would never get past authentication."""
    valid_request = HostileRequests(valid_requests, operation, thorough=False).valid_request()
    try:
        answer = await send(valid_requests, valid_request)
    finally:
        valid_requests.snapshot.restore()
    wanted = NEEDS_MORE.get(operation.operation_id, min(operation.statuses))
    assert answer.status_code == wanted, f"{valid_request}: {answer.text}"


@every_operation
async def test_hostile_input_is_refused_or_harmless(valid_requests: ValidRequests, operation: Operation) -> None:
    faults = []
    for attempt in HostileRequests(valid_requests, operation, thorough=THOROUGH).attempts():
        try:
            answer = await send(valid_requests, attempt)
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
            valid_requests.snapshot.restore()
        else:
            fault = wrong(operation, attempt, answer, valid_requests.snapshot.restore())
        if fault:
            faults.append(f"{attempt.what}: {fault}")
    assert not faults, f"{operation}\n" + "\n".join(faults)


@pytest.mark.parametrize("kind", FREE_TEXTS)
async def test_accepted_text_is_displayed_and_sent(valid_requests: ValidRequests, kind: str) -> None:
    """Unusual but valid texts are returned by every route, and no job fails on them."""
    text, taken, faults = json.loads(STRINGS[kind]), 0, []
    try:
        for operation in operations():
            if operation.body is not None and "/auth/" not in operation.path:
                answer = await send(
                    valid_requests, HostileRequests(valid_requests, operation, thorough=False).with_text(text)
                )
                taken += answer.status_code < 300
                if answer.status_code >= 500:
                    faults.append(f"{operation}: {answer.text}")
        await valid_requests.portal.run_jobs()
        for operation in operations():
            if operation.method == "GET":
                answer = await send(
                    valid_requests, HostileRequests(valid_requests, operation, thorough=False).valid_request()
                )
                if answer.status_code >= 500:
                    faults.append(f"{operation}: {answer.text}")
        lines = [line for one in await valid_requests.portal.mail() for line in (one.to, one.sender_name, one.subject)]
        stuck = valid_requests.portal.database.owner.execute(
            "SELECT kind, state, failure_reason FROM portal.notices WHERE failure_reason <> ''"
        ).fetchall()
    finally:
        valid_requests.snapshot.restore()
    assert not faults, "\n".join(faults)
    assert taken >= 15, f"only {taken} were accepted"
    assert [line for line in lines if not line.isprintable() and set(line) & set("\r\n")] == []
    assert not stuck


def wrong(operation: Operation, attempt: HostileRequest, answer: httpx.Response, changes: list[str]) -> str:
    """What is wrong with the response, in one line; empty if nothing is."""
    status = answer.status_code
    if status >= 500:
        return f"{status} {answer.text}"
    if status < 400:
        return "" if status in operation.statuses or attempt.method != operation.method else f"{status} is not declared"
    fault = _no_problem(answer)
    if not fault and answer.json()["code"] in ("code_refused", "safe_email_code_invalid"):
        changes = [one for one in changes if not one.startswith(WRONG_CODES)]
    if not fault and answer.json()["code"] in REFUSED_CONTENT:
        changes = [one for one in changes if not one.startswith(FAILED_UPLOADS)]
    if not fault and changes:
        fault = f"{status} and yet changed: {changes}"
    elsewhere = attempt.method != operation.method or attempt.target.partition("?")[0].count("/") != _slashes(operation)
    if not fault and status not in operation.statuses and not (elsewhere and status in UNMATCHED):
        fault = f"{status} {answer.text} is not declared"
    return fault


def _no_problem(answer: httpx.Response) -> str:
    if answer.headers["content-type"] != "application/problem+json":
        return f"{answer.status_code} as {answer.headers['content-type']}"
    problem: Any = answer.json()
    known = CODES.get(problem.get("code"))
    if known is None or known.status != answer.status_code or problem["status"] != answer.status_code:
        return f"{answer.status_code} with {problem}"
    return ""


def _slashes(operation: Operation) -> int:
    return operation.path.count("/")
