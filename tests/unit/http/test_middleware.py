"""Headers, HEAD and OPTIONS, other origins, streams, health and metrics."""

import io
import json

import httpx
import pytest
from prometheus_client import CollectorRegistry

from entrypoints.http.app import create_app
from entrypoints.http.dependencies import HttpSettings
from entrypoints.http.server.middleware import CONTENT_POLICY, ResponseAborted
from entrypoints.observability.logs import ACCESS
from tests.support.http.toy_feature import ADAS_TOKEN, toy_parts
from tests.unit.http.conftest import http_client

TOYS = "/api/v1/portal/toys"
EVERYWHERE = [TOYS, f"{TOYS}/nope", "/nowhere", "/health/live", "/docs", "/problems/invalid", "/openapi.json"]


@pytest.mark.parametrize("path", EVERYWHERE)
async def test_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers.get_list("content-security-policy", split_commas=False).__len__() == 1
    assert len(headers["x-request-id"]) == 32
    assert "strict-transport-security" not in headers
    assert headers["server"] == "portal"


async def test_errors_have_security_headers_too(client: httpx.AsyncClient) -> None:
    for how in ("crash", "forbidden"):
        assert (await client.patch(f"{TOYS}/fail/{how}")).headers["content-security-policy"] == CONTENT_POLICY


async def test_hsts_is_sent_with_https() -> None:
    async with http_client(settings=HttpSettings(throttle_rate=0, public_url="https://p.example.org")) as client:
        assert "max-age=63072000" in (await client.get(TOYS)).headers["strict-transport-security"]


async def test_head_is_get_without_its_body(client: httpx.AsyncClient) -> None:
    get, head = await client.get(TOYS), await client.head(TOYS)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))
    assert (await client.head(f"{TOYS}/events")).status_code == 200
    assert (await client.head("/nowhere")).content == b""


@pytest.mark.parametrize("path", ["/", "/open-account", "/new-password", "/confirm"])
async def test_links_in_mail_lead_to_the_documentation_where_there_is_no_web_app(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path, follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, "/docs")


async def test_handler_without_result_returns_204(client: httpx.AsyncClient) -> None:
    answer = await client.delete(f"{TOYS}/00000000-0000-0000-0000-000000000001")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers


async def test_options_lists_methods_and_needs_no_token(client: httpx.AsyncClient) -> None:
    answer = await client.options(TOYS, headers={"authorization": ""})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def preflight(client: httpx.AsyncClient, origin: str) -> httpx.Response:
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "X-CSRF-Token",
    }
    return await client.options(TOYS, headers=asked)


async def test_no_other_origin_may_read_unless_configured(client: httpx.AsyncClient) -> None:
    answer = await client.get(TOYS, headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-origin" not in (await preflight(client, "https://evil.example")).headers


async def test_configured_origins_are_allowed() -> None:
    settings = HttpSettings(throttle_rate=0, cors_origins=("https://app.example.org",))
    async with http_client(settings=settings) as client:
        answer = await client.get(TOYS, headers={"origin": "https://app.example.org"})
        assert answer.headers["access-control-allow-origin"] == "https://app.example.org"
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert (await preflight(client, "https://app.example.org")).status_code == 204
        refused = await client.get(TOYS, headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in refused.headers
        assert (await preflight(client, "https://evil.example")).status_code == 400


async def test_events_are_streamed(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{TOYS}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == "data: one\r\n\r\ndata: two\r\n\r\n"


async def test_cache_control_of_a_route_survives(client: httpx.AsyncClient) -> None:
    picture = await client.get(f"{TOYS}/picture")
    assert picture.headers.get_list("cache-control") == ["public, max-age=31536000, immutable"]
    assert (await client.get(TOYS)).headers.get_list("cache-control") == ["no-store"]


async def test_broken_stream_reveals_nothing(logged: io.StringIO) -> None:
    transport = httpx.ASGITransport(app=create_app(toy_parts()))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://portal.example.org") as client:
        with pytest.raises(ResponseAborted) as caught:
            await client.get(f"{TOYS}/events?broken=true", headers={"authorization": f"Bearer {ADAS_TOKEN}"})
    assert caught.value.__suppress_context__
    assert not str(caught.value)
    assert "toy_feature.events" in logged.getvalue()
    assert "canary" not in logged.getvalue()


async def test_health(logged: io.StringIO) -> None:
    async def up() -> None: ...

    async def down() -> None:
        raise ConnectionError("canary: password=hunter2 host=db")

    async with http_client(token="", readiness={"database": up}) as client:
        assert (await client.get("/health/live")).json() == {"status": "up"}
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()) == (200, {"status": "up", "parts": {"database": "up"}})
    async with http_client(token="", readiness={"database": up, "mail": down}) as client:
        ready = await client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json() == {"status": "down", "parts": {"database": "up", "mail": "down"}}
    assert "ConnectionError" in logged.getvalue()
    assert "canary" not in logged.getvalue()


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.7", {}, 404),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 404),
        ("", {}, 404),
    ],
)
async def test_metrics_are_local_only(peer: str, headers: dict[str, str], status: int) -> None:
    async with http_client(peer=peer, token="") as client:
        assert (await client.get("/metrics", headers=headers)).status_code == status


async def test_metrics_hold_routes_and_no_personal_data() -> None:
    async with http_client(peer="127.0.0.1", registry=CollectorRegistry()) as client:
        await client.get(f"{TOYS}/00000000-0000-0000-0000-0000000000c1")
        await client.get(f"{TOYS}?after=canary")
        await client.get("/canary/nowhere")
        await client.request("CANARY", TOYS)
        text = (await client.get("/metrics")).text
    assert 'http_request_seconds_count{method="GET",route="/api/v1/portal/toys/{toy_id}",status="404"} 1.0' in text
    assert 'http_request_seconds_count{method="GET",route="unmatched",status="404"} 1.0' in text
    assert 'http_request_seconds_count{method="other",route="unmatched",status="405"} 1.0' in text
    assert "canary" not in text.lower()
    assert "0000c1" not in text


async def test_each_request_is_one_line_of_the_log(logged: io.StringIO) -> None:
    async with http_client() as client:
        answer = await client.get(f"{TOYS}/00000000-0000-0000-0000-0000000000c1?practice=north")
    ACCESS.flush()
    (line,) = [one for one in map(json.loads, logged.getvalue().splitlines()) if one["event"] == "request"]
    assert line.pop("timestamp")
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "route": "/api/v1/portal/toys/{toy_id}",
        "status": 404,
        "request_id": answer.headers["x-request-id"],
        "address": "203.0.113.7",
    }
