"""The keys that an issuer publishes: cached, rotated, withdrawn, unavailable or malformed."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from adapters.oidc.jwks import MAX_CACHE_AGE, REFRESH_INTERVAL, RETRY_INTERVAL, JwksCache
from adapters.oidc.public_fetch import fetch
from adapters.oidc.staff_tokens import OidcStaffTokens
from portal_core.kernel.errors import Unavailable
from portal_core.kernel.public_addresses import is_public_address
from tests.support.contracts.accounts.staff_tokens import PRACTICE
from tests.support.oidc.fake_issuer import JWKS_URL, FakeIssuer, segment


async def test_concurrent_tokens_fetch_the_keys_once(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    found = await asyncio.gather(*(tokens.verify(PRACTICE, issuer.token()) for _ in range(5)))
    assert None not in found
    assert issuer.asked == ["/jwks"]


async def test_new_key_is_found_and_unknown_ids_fetch_once_a_minute(
    issuer: FakeIssuer, tokens: OidcStaffTokens
) -> None:
    assert await tokens.verify(PRACTICE, issuer.token()) is not None
    issuer.keys["new"] = ECKey.generate_key("P-256", {"kid": "new"})
    issuer.published.append(dict(issuer.keys["new"].as_dict(private=False)))
    for _ in range(3):
        assert await tokens.verify(PRACTICE, issuer.token("new", "ES256")) is None
    assert len(issuer.asked) == 1
    issuer.clock.advance(RETRY_INTERVAL)
    assert await tokens.verify(PRACTICE, issuer.token("new", "ES256")) is not None
    assert len(issuer.asked) == 2
    for number in range(5):
        assert await tokens.verify(PRACTICE, issuer.token(header={"kid": f"made-up-{number}"})) is None
    assert len(issuer.asked) == 2


async def test_withdrawn_key_is_refused(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    assert await tokens.verify(PRACTICE, issuer.token()) is not None
    del issuer.published[0]
    issuer.clock.advance(REFRESH_INTERVAL)
    assert await tokens.verify(PRACTICE, issuer.token()) is None
    assert await tokens.verify(PRACTICE, issuer.token("ec", "ES256")) is not None


async def test_cached_keys_are_used_for_an_hour_during_an_outage(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    assert await tokens.verify(PRACTICE, issuer.token()) is not None
    issuer.status = 503
    issuer.clock.advance(MAX_CACHE_AGE - timedelta(seconds=1))
    assert await tokens.verify(PRACTICE, issuer.token()) is not None
    issuer.clock.advance(timedelta(seconds=1))
    with pytest.raises(Unavailable):
        await tokens.verify(PRACTICE, issuer.token())
    issuer.status = 200
    issuer.clock.advance(RETRY_INTERVAL)
    assert await tokens.verify(PRACTICE, issuer.token()) is not None


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_unreachable_issuer_raises_unavailable(issuer: FakeIssuer, tokens: OidcStaffTokens, status: int) -> None:
    issuer.status = status
    with pytest.raises(Unavailable):
        await tokens.verify(PRACTICE, issuer.token())
    assert issuer.asked == ["/jwks"]


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{}", b'{"keys": 7}', b"\xff", b"[" * 100_000])
async def test_malformed_key_set_raises_unavailable(issuer: FakeIssuer, body: bytes) -> None:
    async def malformed(url: str) -> bytes:
        return body

    keys = JwksCache(issuer.clock, malformed)
    with pytest.raises(Unavailable):
        await OidcStaffTokens(issuer, issuer.clock, keys).verify(PRACTICE, issuer.token())


async def test_unusable_keys_are_ignored(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    encrypting = {**issuer.published[0], "use": "enc"}
    weak = {**issuer.published[0], "n": issuer.published[0]["n"][:171]}
    issuer.published[:0] = [
        {},
        {"kty": "AKP", "kid": "rsa"},
        {"kty": "EC", "kid": "rsa", "crv": "P-256"},
        encrypting,
        weak,
    ]
    assert await tokens.verify(PRACTICE, issuer.token()) is not None


async def test_token_without_key_id_uses_the_only_key(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    assert await tokens.verify(PRACTICE, issuer.token(header={"kid": None})) is None
    del issuer.published[1:]
    issuer.clock.advance(REFRESH_INTERVAL)
    assert await tokens.verify(PRACTICE, issuer.token(header={"kid": None})) is not None


def altered(key: dict[str, Any], name: str, number: int) -> dict[str, Any]:
    """The key with another number, written as long as a strong one."""
    return {**key, name: segment(number.to_bytes(256))}


@pytest.mark.parametrize(
    ("name", "number"), [("n", 2**1023 + 1), ("n", 2**2046 + 1), ("n", 0), ("e", 1), ("e", 3), ("e", 65_538)]
)
async def test_weak_rsa_keys_are_refused_by_their_numbers(
    issuer: FakeIssuer, tokens: OidcStaffTokens, name: str, number: int
) -> None:
    assert await tokens.keys.find(JWKS_URL, "rsa") is not None
    issuer.published[0] = altered(issuer.published[0], name, number)
    issuer.clock.advance(REFRESH_INTERVAL)
    assert await tokens.keys.find(JWKS_URL, "rsa") is None
    assert await tokens.keys.find(JWKS_URL, "ec") is not None


@pytest.mark.parametrize(
    "url", ["http://login.ehr.example/keys", "file:///etc/hostname", "ftp://host/keys", "https://"]
)
async def test_key_urls_must_use_https(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        await fetch(url)


async def test_oversized_response_is_cut_off(issuer: FakeIssuer) -> None:
    issuer.published = [{"kid": "x" * 1_000_001}]
    with pytest.raises(OSError, match="too large"):
        await issuer.fetch(JWKS_URL)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "10.0.0.8", "169.254.169.254", "[::1]", "[::ffff:10.0.0.8]", "2130706433"]
)
async def test_keys_are_never_fetched_from_the_network_of_the_portal(host: str) -> None:
    with pytest.raises(ValueError, match="public"):
        await fetch(f"https://{host}:8443/keys")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("192.168.1.1", False),
        ("172.16.0.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("2002:a00:8::1", False),
        ("64:ff9b::a00:8", False),
        ("::", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public_address(address) is public


async def test_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    async def resolve(host: str, port: int, **more: object) -> list[Any]:
        return [(0, 0, 0, "", ("8.8.8.8", port))]

    client = httpx.AsyncClient
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    monkeypatch.setattr(httpx, "AsyncClient", lambda **more: client(transport=httpx.MockTransport(answer)))
    assert await fetch("https://login.ehr.example/jwks?of=us") == b"{}"
    [request] = asked
    assert (request.url, request.headers["host"]) == ("https://8.8.8.8/jwks?of=us", "login.ehr.example")
    assert request.extensions["sni_hostname"] == "login.ehr.example"


async def test_slow_host_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(host: str, port: int, **more: object) -> list[Any]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    monkeypatch.setattr("adapters.oidc.public_fetch.TOTAL_SECONDS", 0)
    with pytest.raises(OSError, match="in time"):
        await fetch("https://login.ehr.example/jwks")
