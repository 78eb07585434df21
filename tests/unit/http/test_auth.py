"""Authentication, the practice of a request, and idempotency keys."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from entrypoints.http.dependencies import HttpSettings
from entrypoints.http.server.cookies import SessionCookies, csrf_matches, csrf_token
from tests.support.http.toy_feature import (
    ADA,
    ADAS_TOKEN,
    BOBS_TOKEN,
    NORTH,
    SOUTH,
    STAFF_TOKEN,
    FakeAuthenticate,
    FakePracticeDirectory,
)
from tests.unit.http.conftest import http_client

TOYS = "/api/v1/portal/toys"
TWO = FakePracticeDirectory()
COOKIE = SessionCookies(HttpSettings()).access_name


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer unknown",
        "Basic YWRhOnB3",
        "ada-token",
        "Bearer \xe4\xf6",
        "Bearer " + "x" * 9000,
    ],
)
async def test_missing_or_malformed_token_is_refused(header: str) -> None:
    async with http_client(token="") as client:
        raw = [(b"authorization", header.encode("latin-1"))] if header else []
        answer = await client.get(TOYS, headers=raw)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "www-authenticate" in answer.headers


async def test_controller_sees_actor_and_origin() -> None:
    async with http_client(peer="203.0.113.7") as client:
        seen = (await client.get(f"{TOYS}/who", headers={"user-agent": "Phone/1\t" + "x" * 500})).json()
    assert seen["kind"] == "ClientActor"
    assert seen["address"] == "203.0.113.7"
    assert seen["practice"] == str(NORTH)
    assert seen["device"].startswith("Phone/1xxx")
    assert len(seen["device"]) == 160


async def test_a_visitor_needs_no_token_and_a_token_makes_no_difference() -> None:
    async with http_client(token="") as client:
        assert (await client.get(f"{TOYS}/visit")).json()["kind"] == "VisitorActor"
        assert (await client.get(f"{TOYS}/visit", headers=bearer("wrong"))).json()["kind"] == "VisitorActor"


async def test_client_cannot_access_practice_api() -> None:
    async with http_client() as client:
        assert (await client.get("/api/v1/practice/toys/count")).status_code == 404
        assert (await client.get("/api/v1/practice/toys/count", headers=bearer(STAFF_TOKEN))).json() == {"count": 0}


async def test_authentication_gets_the_request_data() -> None:
    tokens = FakeAuthenticate()
    async with http_client(authenticate=tokens) as client:
        await client.get(TOYS, headers={"portal-client": str(ADA)})
        await client.get(f"{TOYS}/who")
        await client.get(f"{TOYS}?record={ADA}")
    first, second, link = tokens.asked
    assert (first.record, first.active, first.enrollment_exempt) == (ADA, True, False)
    assert (second.record, second.active) == (None, False)
    assert link.record == ADA


async def test_malformed_client_id_is_refused() -> None:
    async with http_client() as client:
        answer = await client.get(TOYS, headers={"portal-client": "ada"})
        link = await client.get(f"{TOYS}?record=ada")
    assert answer.json()["errors"][0]["path"] == "Portal-Client"
    assert (link.status_code, link.json()["errors"][0]["path"]) == (422, "record")


@pytest.mark.parametrize(
    "query", [f"record={ADA}&record={ADA}", f"record={ADA}&%72ecord={ADA}", "practice=north&%70ractice=south"]
)
async def test_record_and_practice_are_named_once(query: str) -> None:
    async with http_client() as client:
        assert (await client.get(f"{TOYS}?{query}")).status_code == 422


@pytest.mark.parametrize("query", [f"record={ADA}", f"%72ecord={ADA}", f"record={str(ADA).replace('-', '%2D')}"])
async def test_parameters_are_what_they_say_in_any_spelling(query: str) -> None:
    """What is checked is what is read."""
    tokens = FakeAuthenticate()
    async with http_client(authenticate=tokens) as client:
        assert (await client.get(f"{TOYS}?{query}")).status_code == 200
    async with http_client(practices=TWO) as client:
        assert (await client.get(f"{TOYS}/visit?%70ractice=s%6Futh")).json()["practice"] == str(SOUTH)
    assert tokens.asked[0].record == ADA


async def test_record_in_other_digits_is_refused() -> None:
    async with http_client() as client:
        digits = str(ADA).replace("0", "\u0660")
        assert (await client.get(f"{TOYS}?record={digits}")).status_code == 422


async def test_link_and_header_that_name_different_records_are_refused() -> None:
    async with http_client() as client:
        other = await client.get(f"{TOYS}?record={ADA}", headers={"portal-client": str(NORTH)})
        same = await client.get(f"{TOYS}?record={ADA}", headers={"portal-client": str(ADA)})
    assert (other.status_code, same.status_code) == (422, 200)


async def test_unknown_query_parameters_are_refused_as_unknown_fields_are() -> None:
    async with http_client() as client:
        answer = await client.get(f"{TOYS}?size=5&Size=5&colour=red")
        visitor = await client.get(f"{TOYS}/visit?record={ADA}")
    assert answer.status_code == 422
    assert [(one["path"], one["code"]) for one in answer.json()["errors"]] == [
        ("Size", "unknown_field"),
        ("colour", "unknown_field"),
    ]
    assert visitor.json()["errors"][0]["path"] == "record"


# --- practices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "slug", "practices", "found"),
    [
        ("north.example.org", None, TWO, NORTH),
        ("North.Example.org:8443", None, TWO, NORTH),
        ("north.example.org", "south", TWO, NORTH),
        ("elsewhere.example.org", "south", TWO, SOUTH),
        ("elsewhere.example.org", "SOUTH", TWO, SOUTH),
        ("elsewhere.example.org", None, TWO, None),
        ("elsewhere.example.org", "west", TWO, None),
        ("elsewhere.example.org", "'; drop", TWO, None),
        ("elsewhere.example.org", None, FakePracticeDirectory(TWO.known[:1]), NORTH),
        ("elsewhere.example.org", "west", FakePracticeDirectory(TWO.known[:1]), None),
        ("[::1]:8000", None, FakePracticeDirectory(TWO.known[:1]), NORTH),
        ("elsewhere.example.org", None, FakePracticeDirectory(()), None),
    ],
)
async def test_practice_is_found_by_host_slug_or_default(
    host: str, slug: str | None, practices: FakePracticeDirectory, found: UUID | None
) -> None:
    async with http_client(practices=practices) as client:
        headers = {"host": host} | ({"portal-practice": slug} if slug is not None else {})
        answer = await client.get(f"{TOYS}/visit", headers=headers)
    if found is None:
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_practice")
    else:
        assert answer.json()["practice"] == str(found)


@pytest.mark.parametrize("hosts", [[], ["north.example.org", "south.example.org"], ["south.example.org"] * 2])
async def test_no_host_or_more_than_one_is_refused(hosts: list[str]) -> None:
    async with http_client(practices=TWO) as client:
        request = client.build_request("GET", f"{TOYS}/visit")
        del request.headers["host"]
        request.headers = httpx.Headers([*request.headers.multi_items(), *(("host", host) for host in hosts)])
        answer = await client.send(request)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_a_link_names_the_practice_in_its_query() -> None:
    async with http_client(practices=TWO) as client:
        assert (await client.get(f"{TOYS}/visit?practice=south")).json()["practice"] == str(SOUTH)
        refused = await client.get(f"{TOYS}/visit?mypractice=south")
        assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "mypractice")


async def test_a_new_practice_is_seen() -> None:
    practices = FakePracticeDirectory(TWO.known[:1])
    async with http_client(practices=practices) as client:
        headers = {"portal-practice": "south"}
        assert (await client.get(f"{TOYS}/visit", headers=headers)).status_code == 404
        practices.known = TWO.known
        assert (await client.get(f"{TOYS}/visit", headers=headers)).json()["practice"] == str(SOUTH)


# --- cookies ----------------------------------------------------------------------------------------------------------


async def test_cookie_allows_reading() -> None:
    async with http_client(token="") as client:
        answer = await client.get(f"{TOYS}/who", headers={"cookie": f"theme=dark; {COOKIE}={ADAS_TOKEN}; x"})
    assert answer.json()["kind"] == "ClientActor"


@pytest.mark.parametrize("given", [None, "", "wrong", csrf_token(BOBS_TOKEN), "\xe4"])
async def test_change_with_cookie_and_no_csrf_token_is_refused(given: str | None) -> None:
    async with http_client(token="") as client:
        raw = [(b"cookie", f"{COOKIE}={ADAS_TOKEN}".encode())]
        raw += [] if given is None else [(b"x-csrf-token", given.encode("latin-1"))]
        answer = await client.post(TOYS, json={"name": "Bear"}, headers=raw)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_token_invalid")
        assert (await client.get(TOYS, headers=bearer(ADAS_TOKEN))).json()["items"] == []


async def test_change_with_cookie_and_csrf_token_is_accepted() -> None:
    headers = {"cookie": f"{COOKIE}={ADAS_TOKEN}", "x-csrf-token": csrf_token(ADAS_TOKEN)}
    async with http_client(token="") as client:
        assert (await client.post(TOYS, json={"name": "Bear"}, headers=headers)).status_code == 201


async def test_over_https_only_the_host_cookie_counts() -> None:
    async with http_client(
        token="", settings=HttpSettings(throttle_rate=0, public_url="https://p.example.org")
    ) as client:
        assert (await client.get(TOYS, headers={"cookie": f"{COOKIE}={ADAS_TOKEN}"})).status_code == 401
        assert (await client.get(TOYS, headers={"cookie": f"__Host-portal={ADAS_TOKEN}"})).status_code == 200


async def test_invalid_bearer_token_is_refused_despite_valid_cookie() -> None:
    async with http_client(token="wrong") as client:
        assert (await client.get(TOYS, headers={"cookie": f"{COOKIE}={ADAS_TOKEN}"})).status_code == 401


def test_csrf_tokens_differ_by_session() -> None:
    assert csrf_token("a") != csrf_token("b")
    assert csrf_matches("a", csrf_token("a"))
    assert not csrf_matches("a", csrf_token("b"))
    assert "a-secret-token" not in csrf_token("a-secret-token")


# --- idempotency ------------------------------------------------------------------------------------------------------


async def add(client: httpx.AsyncClient, key: str | None, body: Any = None, **headers: str) -> httpx.Response:
    raw = {"idempotency-key": key, **headers} if key is not None else headers
    return await client.post(TOYS, json=body or {"name": "Bear"}, headers=raw)


async def test_the_same_request_under_the_same_key_has_one_effect() -> None:
    async with http_client() as client:
        first, again = await add(client, "k-1"), await add(client, "k-1")
        assert first.status_code == again.status_code == 201
        assert first.json() == again.json()
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
        assert len((await client.get(TOYS)).json()["items"]) == 1
        await add(client, None)
        await add(client, "k-2")
        assert len((await client.get(TOYS)).json()["items"]) == 3


async def test_another_request_under_the_same_key_is_refused() -> None:
    async with http_client() as client:
        await add(client, "k-1")
        answers = [
            await add(client, "k-1", {"name": "Ball"}),
            await client.post(f"{TOYS}?practice=north", json={"name": "Bear"}, headers={"idempotency-key": "k-1"}),
            await add(client, "k-1", **{"portal-client": str(ADA)}),
        ]
    assert [answer.json()["code"] for answer in answers] == ["idempotency_key_reused"] * 3


@pytest.mark.parametrize(
    ("key", "good"), [("x" * 255, True), ("!~ a", True), ("x" * 256, False), ("", False), ("ä", False)]
)
async def test_idempotency_key_format_is_validated(key: str, good: bool) -> None:
    async with http_client() as client:
        raw = [(b"idempotency-key", key.encode("latin-1"))]
        answer = await client.post(TOYS, json={"name": "Bear"}, headers=raw)
    assert answer.status_code == (201 if good else 422)
    assert good or answer.json()["code"] == "idempotency_key_invalid"


async def test_non_idempotent_routes_ignore_the_key() -> None:
    tokens = FakeAuthenticate()
    async with http_client(authenticate=tokens) as client:
        await client.post(f"{TOYS}/upload", content=b"x", headers={"idempotency-key": "k"})
        await client.get(TOYS, headers={"idempotency-key": ""})
        await client.post(TOYS, json={"name": "Bear"}, headers={"idempotency-key": "k"})
    assert [command.origin.idempotent_request is None for command in tokens.asked] == [True, True, False]
    idempotent_request = tokens.asked[2].origin.idempotent_request
    assert idempotent_request is not None
    assert (idempotent_request.operation, idempotent_request.key, len(idempotent_request.digest)) == (
        "add_toy",
        "k",
        32,
    )


# --- addresses and ids ------------------------------------------------------------------------------------------------

BEHIND = HttpSettings(throttle_rate=0, proxies=("10.0.0.0/8",))


async def test_proxy_sets_address_and_request_id() -> None:
    headers = {"x-forwarded-for": "1.1.1.1, 198.51.100.4", "x-request-id": "balancer-0001"}
    async with http_client(peer="10.1.2.3", settings=BEHIND) as client:
        answer = await client.get(f"{TOYS}/who", headers=headers)
    assert answer.json()["address"] == "198.51.100.4"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "balancer-0001"


async def test_untrusted_peers_cannot_set_address_or_request_id() -> None:
    headers = {"x-forwarded-for": "198.51.100.4", "x-request-id": "balancer-0001"}
    async with http_client(peer="203.0.113.7", settings=BEHIND) as client:
        answer = await client.get(f"{TOYS}/who", headers=headers)
    assert answer.json()["address"] == "203.0.113.7"
    assert answer.headers["x-request-id"] != "balancer-0001"


@pytest.mark.parametrize("sent", ["x", "a b", "x" * 65, "a\tb-c-d-e", "<script>alert</script>"])
async def test_invalid_request_ids_are_replaced(sent: str) -> None:
    async with http_client(peer="10.1.2.3", settings=BEHIND) as client:
        answer = await client.get(f"{TOYS}/who", headers={"x-request-id": sent})
    assert answer.headers["x-request-id"] != sent
    assert len(answer.headers["x-request-id"]) == 32


# --- throttle ---------------------------------------------------------------------------------------------------------


async def test_throttling_is_per_session() -> None:
    now = [0.0]
    settings = HttpSettings(throttle_rate=1, throttle_burst=3)
    async with http_client(settings=settings, seconds=lambda: now[0]) as client:
        statuses = [(await client.get(TOYS)).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        refused = await client.get(TOYS)
        assert refused.json()["code"] == "rate_limited"
        assert refused.headers["retry-after"] == "1"
        assert (await client.get(TOYS, headers=bearer(BOBS_TOKEN))).status_code == 200
        assert (await client.get("/health/live")).status_code == 200
        now[0] += 1
        assert (await client.get(TOYS)).status_code == 200


async def test_unknown_tokens_are_throttled_by_address() -> None:
    settings = HttpSettings(throttle_rate=1, throttle_burst=3)
    async with http_client(token="", settings=settings, seconds=lambda: 0.0) as client:
        statuses = [(await client.get(TOYS, headers=bearer(f"guess-{n}"))).status_code for n in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
