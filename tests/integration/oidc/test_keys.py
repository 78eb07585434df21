"""The keys that an issuer publishes: cached, rotated, withdrawn, unavailable or malformed."""

import asyncio
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey

from adapters.oidc.jwks import MAX_CACHE_AGE, REFRESH_INTERVAL, RETRY_INTERVAL, JwksCache, fetch, read
from adapters.oidc.staff_tokens import OidcStaffTokens
from portal_core.kernel.errors import Unavailable
from tests.support.contracts.accounts.staff_tokens import PRACTICE
from tests.support.oidc.fake_issuer import FakeIssuer


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
    keys = JwksCache(issuer.clock, lambda url: body)
    with pytest.raises(Unavailable):
        await OidcStaffTokens(issuer, issuer.clock, keys).verify(PRACTICE, issuer.token())
    keys.close()


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


def test_key_urls_must_use_https(issuer: FakeIssuer) -> None:
    for url in (issuer.url, "file:///etc/hostname", "ftp://host/keys"):
        with pytest.raises(ValueError, match="https"):
            fetch(url)


def test_oversized_response_is_cut_off(issuer: FakeIssuer) -> None:
    issuer.published = [{"kid": "x" * 1_000_001}]
    with pytest.raises(ValueError, match="too large"):
        read(issuer.url)
