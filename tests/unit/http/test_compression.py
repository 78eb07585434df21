"""JSON is compressed where its length cannot reveal a secret."""

import gzip
from collections.abc import AsyncIterator

import httpx
import pytest

from entrypoints.http.server.compression import MIN_BYTES, compress
from tests.unit.http.conftest import http_client

TOYS = "/api/v1/portal/toys"


@pytest.fixture
async def client_with_toys() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client() as client:
        for _ in range(7):
            await client.post(TOYS, json={"name": "Bear " * 39})
        yield client


async def raw(client: httpx.AsyncClient, path: str, **headers: str) -> tuple[httpx.Headers, bytes]:
    """The body as it was sent."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.stream("GET", path, headers=headers) as answer:
        return answer.headers, b"".join([part async for part in answer.aiter_raw()])


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "*", "GZIP , deflate"])
async def test_page_is_compressed_for_those_who_accept_it(client_with_toys: httpx.AsyncClient, accepted: str) -> None:
    headers, body = await raw(client_with_toys, f"{TOYS}?size=100", accept_encoding=accepted)
    plain_headers, plain = await raw(client_with_toys, f"{TOYS}?size=100", accept_encoding="identity")
    assert (headers["content-encoding"], headers["vary"]) == ("gzip", "accept-encoding")
    assert gzip.decompress(body) == plain
    assert int(headers["content-length"]) == len(body) < len(plain) / 4
    assert "content-encoding" not in plain_headers
    assert int(plain_headers["content-length"]) == len(plain) >= MIN_BYTES


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip;q=0.000", "gzipped", "identity, *;q=0"])
async def test_others_get_it_as_it_is(client_with_toys: httpx.AsyncClient, accepted: str) -> None:
    headers, _ = await raw(client_with_toys, f"{TOYS}?size=100", accept_encoding=accepted)
    assert "content-encoding" not in headers


async def test_request_from_another_site_learns_nothing_from_the_length(client_with_toys: httpx.AsyncClient) -> None:
    path, other = f"{TOYS}?size=100", {"sec_fetch_site": "cross-site"}
    assert "content-encoding" not in (await raw(client_with_toys, path, accept_encoding="gzip", **other))[0]
    assert (
        "content-encoding"
        in (await raw(client_with_toys, path, accept_encoding="gzip", sec_fetch_site="same-origin"))[0]
    )


async def test_small_answers_and_changes_are_not_compressed(client_with_toys: httpx.AsyncClient) -> None:
    assert "content-encoding" not in (await raw(client_with_toys, f"{TOYS}?size=1", accept_encoding="gzip"))[0]
    long = {"name": "Bear", "parts": [{"at": "2027-03-14T15:30:00Z", "note": "x" * 4000}]}
    answer = await client_with_toys.post(TOYS, json=long, headers={"accept-encoding": "gzip"})
    assert (answer.status_code, answer.headers.get("content-encoding")) == (201, None)


async def test_document_is_compressed() -> None:
    async with http_client(token="") as client:
        headers, body = await raw(client, "/openapi.json", accept_encoding="gzip")
        _, plain = await raw(client, "/openapi.json", accept_encoding="identity")
    assert gzip.decompress(body) == plain
    assert headers["content-type"] == "application/vnd.oai.openapi+json"


def test_same_body_gives_the_same_bytes() -> None:
    assert compress(b"x" * 5000) == compress(b"x" * 5000)
