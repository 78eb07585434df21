"""The keys that an issuer publishes: fetched seldom, changed, withdrawn, away, odd."""

import asyncio
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey

from adapters.oidc.jwks import MAX_CACHE_AGE, REFRESH_INTERVAL, RETRY_INTERVAL, JwksCache, fetch, read
from adapters.oidc.staff_tokens import OidcStaffTokens
from portal_core.kernel.errors import Unavailable
from tests.support.contracts.accounts.staff_tokens import PRACTICE
from tests.support.oidc.fake_issuer import FakeIssuer


async def test_keys_are_asked_for_once_however_many_come_at_once(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    found = await asyncio.gather(*(tokens.verify(PRACTICE, issuer.token()) for _ in range(5)))
    assert None not in found
    assert issuer.asked == ["/jwks"]


async def test_a_new_key_is_found_and_unknown_ids_ask_once_a_minute(
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


async def test_a_withdrawn_key_is_no_longer_good(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    assert await tokens.verify(PRACTICE, issuer.token()) is not None
    del issuer.published[0]
    issuer.clock.advance(REFRESH_INTERVAL)
    assert await tokens.verify(PRACTICE, issuer.token()) is None
    assert await tokens.verify(PRACTICE, issuer.token("ec", "ES256")) is not None


async def test_known_keys_serve_an_hour_while_the_issuer_is_away(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
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
async def test_an_issuer_that_does_not_answer_is_unavailable(
    issuer: FakeIssuer, tokens: OidcStaffTokens, status: int
) -> None:
    issuer.status = status
    with pytest.raises(Unavailable):
        await tokens.verify(PRACTICE, issuer.token())
    assert issuer.asked == ["/jwks"]


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{}", b'{"keys": 7}', b"\xff", b"[" * 100_000])
async def test_an_answer_that_is_no_key_set_is_no_answer(issuer: FakeIssuer, body: bytes) -> None:
    keys = JwksCache(issuer.clock, lambda url: body)
    with pytest.raises(Unavailable):
        await OidcStaffTokens(issuer, issuer.clock, keys).verify(PRACTICE, issuer.token())
    keys.close()


async def test_keys_that_cannot_be_used_are_passed_over(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
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


async def test_without_an_id_the_only_key_is_meant(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    assert await tokens.verify(PRACTICE, issuer.token(header={"kid": None})) is None
    del issuer.published[1:]
    issuer.clock.advance(REFRESH_INTERVAL)
    assert await tokens.verify(PRACTICE, issuer.token(header={"kid": None})) is not None


def test_keys_come_over_https_and_not_from_files(issuer: FakeIssuer) -> None:
    for url in (issuer.url, "file:///etc/hostname", "ftp://host/keys"):
        with pytest.raises(ValueError, match="https"):
            fetch(url)


def test_an_endless_answer_is_cut_off(issuer: FakeIssuer) -> None:
    issuer.published = [{"kid": "x" * 1_000_001}]
    with pytest.raises(ValueError, match="too long"):
        read(issuer.url)
