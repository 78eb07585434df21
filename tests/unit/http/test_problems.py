"""Every error is a problem with a stable code, and the catalog lists all of them."""

import io
from pathlib import Path

import httpx
import pytest

from entrypoints.http.docs.problem_catalogue import as_markdown, catalogue, error_classes
from entrypoints.http.server.errors import HttpError
from entrypoints.http.server.problems import STATUSES, status_of
from portal_core.kernel.errors import PortalError
from tests.support.http.toy_feature import ShelfFull
from tests.unit.http.conftest import http_client

TOYS = "/api/v1/portal/toys"


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("unauthenticated", 401, "unauthenticated"),
        ("forbidden", 403, "forbidden"),
        ("not_found", 404, "not_found"),
        ("conflict", 409, "conflict"),
        ("stale", 409, "stale_version"),
        ("invalid", 422, "invalid"),
        ("limited", 429, "rate_limited"),
        ("unavailable", 503, "unavailable"),
        ("crash", 500, "internal_error"),
    ],
)
async def test_categories_have_one_status_each(client: httpx.AsyncClient, how: str, status: int, code: str) -> None:
    answer = await client.patch(f"{TOYS}/fail/{how}")
    problem = answer.json()
    assert answer.status_code == status == problem["status"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["code"] == code
    assert problem["type"] == f"/problems/{code}"
    assert problem["title"]
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_headers_that_go_with_a_status(client: httpx.AsyncClient) -> None:
    assert (await client.patch(f"{TOYS}/fail/limited")).headers["retry-after"] == "17"
    assert int((await client.patch(f"{TOYS}/fail/unavailable")).headers["retry-after"]) > 0
    assert (await client.patch(f"{TOYS}/fail/unauthenticated")).headers["www-authenticate"].startswith("Bearer")


async def test_fields_and_details(client: httpx.AsyncClient) -> None:
    invalid = (await client.patch(f"{TOYS}/fail/invalid")).json()
    assert invalid["errors"] == [{"path": "name", "code": "odd", "message": "Choose another name."}]
    assert (await client.patch(f"{TOYS}/fail/forbidden")).json()["detail"] == "Reading only."


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/portal/nowhere/else", 404, "not_found"),
        ("GET", f"{TOYS}/not-a-uuid", 404, "not_found"),
        ("GET", f"{TOYS}/00000000-0000-0000-0000-000000000009", 404, "not_found"),
        ("PUT", TOYS, 405, "method_not_allowed"),
        ("BREW", TOYS, 405, "method_not_allowed"),
        ("GET", f"{TOYS}?size=0", 422, "invalid"),
        ("GET", f"{TOYS}?size=many", 422, "invalid"),
        ("GET", f"{TOYS}?size={'9' * 400}", 422, "invalid"),
        ("GET", f"{TOYS}?after={'x' * 600}", 422, "invalid"),
        ("GET", f"{TOYS}?since=0001-01-01", 422, "invalid"),
        ("GET", f"{TOYS}?since=9999-12-31", 422, "invalid"),
        ("GET", f"{TOYS}?since=soon", 422, "invalid"),
        ("GET", f"{TOYS}?after=%00", 422, "invalid"),
        ("PATCH", f"{TOYS}/fail/{'x' * 300}", 404, "not_found"),
        ("PATCH", f"{TOYS}/fail/a%00b", 404, "not_found"),
        ("PATCH", f"{TOYS}/fail/%ff%ed%a0%80", 404, "not_found"),
    ],
)
async def test_unknown_paths_and_invalid_parameters_are_problems(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_405_lists_methods(client: httpx.AsyncClient) -> None:
    assert (await client.put(TOYS)).headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def test_invalid_parameter_is_reported_by_name(client: httpx.AsyncClient) -> None:
    answer = await client.get(TOYS, params={"size": "101"})
    assert answer.json()["errors"] == [{"path": "size", "code": "out_of_range", "message": "Must be at most 100."}]


async def test_unexpected_error_is_logged_without_its_message(logged: io.StringIO) -> None:
    async with http_client() as client:
        answer = await client.patch(f"{TOYS}/fail/crash", headers={"user-agent": "canary-agent"})
    assert "canary" not in answer.text
    line = next(line for line in logged.getvalue().splitlines() if "request.failed" in line)
    assert "ValueError" in line
    assert "tests.support.http.toy_feature.__call__:" in line
    assert answer.json()["request_id"] in line
    assert "canary" not in logged.getvalue()
    assert "ada@example.org" not in logged.getvalue()


def test_every_error_has_a_category_a_code_and_a_title() -> None:
    codes: dict[str, type[PortalError]] = {}
    for kind in error_classes():
        assert issubclass(kind, (*STATUSES, HttpError)), f"{kind} belongs to no category"
        assert "code" in vars(kind), f"{kind} has no code of its own"
        assert "title" in vars(kind), f"{kind} has no title of its own"
        assert codes.setdefault(kind.code, kind) is kind, f"{kind} and {codes[kind.code]} share a code"
        assert kind.code.replace("_", "").isalnum()
        assert kind.__doc__, f"{kind} does not say when it is raised"
        assert 400 <= status_of(kind) <= 503
    assert len(codes) > 20


def test_the_page_of_problems_is_up_to_date() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "problems.md"
    assert page.read_text() == as_markdown(), (
        "run python -m entrypoints.http.docs.problem_catalogue > docs/reference/problems.md"
    )


async def test_the_type_of_a_problem_leads_to_a_page(client: httpx.AsyncClient) -> None:
    for code in catalogue():
        answer = await client.get(f"/problems/{code}", headers={"authorization": ""})
        assert answer.status_code == 200
        assert f"<code>{code}</code>" in answer.text
    assert (await client.get("/problems/invented")).status_code == 404
    assert (await client.get("/problems/<script>")).status_code == 404


async def test_the_toys_own_error_is_answered_without_registration(client: httpx.AsyncClient) -> None:
    for _ in range(8):
        assert (await client.post(TOYS, json={"name": "Bear"})).status_code == 201
    answer = await client.post(TOYS, json={"name": "Bear"})
    assert (answer.status_code, answer.json()["code"]) == (409, ShelfFull.code)
    assert answer.json()["detail"] == "There is room for 8."
