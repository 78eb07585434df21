"""ID tokens of an issuer: valid ones, and attacks."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OctKey, RSAKey

from adapters.oidc.staff_tokens import LEEWAY_SECONDS, MAX_LIFETIME_SECONDS, OidcStaffTokens
from portal_core.accounts.identity_provider import MAX_STAFF_TOKEN_AGE, StaffIdentity
from tests.support.contracts.accounts.staff_tokens import AUDIENCE, ISSUER, PRACTICE
from tests.support.oidc.fake_issuer import FakeIssuer, segment, signed

# --- valid tokens -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kid", "alg"), [("rsa", "RS256"), ("rsa", "PS256"), ("ec", "ES256"), ("ed", "EdDSA"), ("ed", "Ed25519")]
)
async def test_valid_token_identifies_the_staff_member(
    issuer: FakeIssuer, tokens: OidcStaffTokens, kid: str, alg: str
) -> None:
    assert await tokens.verify(PRACTICE, issuer.token(kid, alg)) == StaffIdentity(
        ISSUER, "staff-7", "sam@clinic.example", True, frozenset({"pwd", "otp"}), "2"
    )


async def test_missing_claims_are_not_assumed(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    bare = issuer.token(email=None, email_verified=None, amr=None, acr=None)
    assert await tokens.verify(PRACTICE, bare) == StaffIdentity(ISSUER, "staff-7", "", False, frozenset(), "")
    odd = issuer.token(email=7, email_verified="true", amr="mfa", acr=["mfa"])
    assert await tokens.verify(PRACTICE, odd) == StaffIdentity(ISSUER, "staff-7", "", False, frozenset(), "")
    mixed = await tokens.verify(PRACTICE, issuer.token(amr=["mfa", 7, None]))
    assert mixed is not None
    assert mixed.methods == frozenset({"mfa"})


@pytest.mark.parametrize("header", [{"typ": None}, {"typ": "jwt"}, {"x5t": "abc"}, {"nonce": "not registered"}])
async def test_irrelevant_headers_are_ignored(
    issuer: FakeIssuer, tokens: OidcStaffTokens, header: dict[str, Any]
) -> None:
    assert await tokens.verify(PRACTICE, issuer.token(header=header)) is not None


@pytest.mark.parametrize(
    "claims",
    [{"aud": [AUDIENCE]}, {"aud": [AUDIENCE, "other"], "azp": AUDIENCE}, {"azp": AUDIENCE}, {"nbf": 0}],
)
async def test_audience_list_that_includes_the_portal_is_accepted(
    issuer: FakeIssuer, tokens: OidcStaffTokens, claims: dict[str, Any]
) -> None:
    assert await tokens.verify(PRACTICE, issuer.token(**claims)) is not None


# --- attacks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
async def test_unsigned_token_is_refused(issuer: FakeIssuer, tokens: OidcStaffTokens, alg: str) -> None:
    head = segment(json.dumps({"alg": alg, "kid": "rsa", "typ": "JWT"}).encode())
    body = segment(json.dumps(issuer.claims()).encode())
    for signature in ("", "AAAA", issuer.token().rpartition(".")[2]):
        assert await tokens.verify(PRACTICE, f"{head}.{body}.{signature}") is None


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
async def test_public_key_is_not_accepted_as_a_shared_secret(
    issuer: FakeIssuer, tokens: OidcStaffTokens, alg: str
) -> None:
    public = issuer.keys["rsa"]
    assert isinstance(public, RSAKey)
    for secret in (public.as_pem(private=False), public.as_der(private=False), str(public.as_dict()["n"]).encode()):
        # Our library refuses a PEM as a shared secret; an attacker's library does not.
        key = OctKey.import_key("secret-of-length-thirty-two-or-so")
        key.get_op_key = lambda operation, secret=secret: secret  # type: ignore[method-assign]
        forged = signed({"alg": alg, "kid": "rsa", "typ": "JWT"}, issuer.claims(), key)
        assert await tokens.verify(PRACTICE, forged) is None


async def test_published_shared_secret_is_not_accepted(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    secret = OctKey.generate_key(256, {"kid": "oct"})
    issuer.published.append(dict(secret.as_dict()))
    forged = signed({"alg": "HS256", "kid": "oct", "typ": "JWT"}, issuer.claims(), secret)
    assert await tokens.verify(PRACTICE, forged) is None


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS512", "ES256"])
async def test_unlisted_or_mismatched_algorithm_is_refused(
    issuer: FakeIssuer, tokens: OidcStaffTokens, alg: str
) -> None:
    if alg == "ES256":
        forged = signed({"alg": "ES256", "kid": "rsa"}, issuer.claims(), issuer.keys["ec"])
    else:
        forged = issuer.token(alg=alg)
    assert await tokens.verify(PRACTICE, forged) is None


async def test_key_is_limited_to_its_own_algorithm(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    issuer.published[0]["alg"] = "PS256"
    assert await tokens.verify(PRACTICE, issuer.token(alg="RS256")) is None
    assert await tokens.verify(PRACTICE, issuer.token(alg="PS256")) is not None


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"iss": [ISSUER]},
        {"iss": None},
        {"aud": "other-app"},
        {"aud": ["other-app"]},
        {"aud": []},
        {"aud": None},
        {"aud": 7},
        {"aud": [AUDIENCE, "other-app"]},
        {"aud": [AUDIENCE, "other-app"], "azp": "other-app"},
        {"azp": "other-app"},
        {"azp": [AUDIENCE]},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "s" * 256},
        {"exp": None},
        {"exp": "never"},
        {"exp": float("nan")},
        {"exp": True},
        {"exp": float("inf")},
        {"exp": 10**12},
        {"exp": 1e308},
        {"iat": -(10**400)},
        {"iat": 0},
        {"iat": None},
        {"iat": "now"},
    ],
    ids=repr,
)
async def test_token_with_wrong_or_missing_claims_is_refused(
    issuer: FakeIssuer, tokens: OidcStaffTokens, claims: dict[str, Any]
) -> None:
    changed = {**issuer.claims(), **claims}
    body = {name: value for name, value in changed.items() if value is not None}
    forged = signed({"alg": "RS256", "kid": "rsa", "typ": "JWT"}, body, issuer.keys["rsa"])
    assert await tokens.verify(PRACTICE, forged) is None


@pytest.mark.parametrize(
    ("claim", "first_good", "step"),
    [("exp", 1 - LEEWAY_SECONDS, -1), ("nbf", LEEWAY_SECONDS, 1), ("iat", LEEWAY_SECONDS, 1)],
)
async def test_token_times_have_one_minute_of_leeway(
    issuer: FakeIssuer, tokens: OidcStaffTokens, claim: str, first_good: int, step: int
) -> None:
    now = int(issuer.clock.now().timestamp())
    good: dict[str, Any] = {claim: now + first_good}
    bad: dict[str, Any] = {claim: now + first_good + step}
    assert await tokens.verify(PRACTICE, issuer.token(**good)) is not None
    assert await tokens.verify(PRACTICE, issuer.token(**bad)) is None


async def test_kept_tokens_are_refused(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    now = int(issuer.clock.now().timestamp())
    oldest = now - int(MAX_STAFF_TOKEN_AGE.total_seconds()) - LEEWAY_SECONDS
    assert await tokens.verify(PRACTICE, issuer.token(iat=oldest)) is not None
    assert await tokens.verify(PRACTICE, issuer.token(iat=oldest - 1)) is None
    assert await tokens.verify(PRACTICE, issuer.token(exp=now + MAX_LIFETIME_SECONDS)) is not None
    assert await tokens.verify(PRACTICE, issuer.token(exp=now + MAX_LIFETIME_SECONDS + 1)) is None


async def test_key_embedded_in_the_token_is_ignored(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    mine = RSAKey.generate_key(2048, {"kid": "rsa"})
    for header in (
        {"jku": issuer.url.replace("/jwks", "/evil")},
        {"x5u": issuer.url.replace("/jwks", "/evil")},
        {"jwk": mine.as_dict(private=False)},
        {"kid": "evil", "jku": issuer.url.replace("/jwks", "/evil")},
    ):
        forged = signed({"alg": "RS256", "kid": "rsa", "typ": "JWT", **header}, issuer.claims(), mine)
        assert await tokens.verify(PRACTICE, forged) is None
    assert set(issuer.asked) == {"/jwks"}


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "at+jwt"},
        {"typ": "logout+jwt"},
        {"typ": 7},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": True},
        {"kid": 7},
        {"kid": "../../etc/passwd"},
        {"kid": "' OR 1=1"},
        {"kid": ""},
    ],
    ids=repr,
)
async def test_headers_that_change_the_token_type_are_refused(
    issuer: FakeIssuer, tokens: OidcStaffTokens, header: dict[str, Any]
) -> None:
    assert await tokens.verify(PRACTICE, issuer.token(header=header)) is None


async def test_modified_token_is_refused(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    head, body, signature = issuer.token().split(".")
    other = segment(json.dumps(issuer.claims(sub="administrator")).encode())
    for forged in (
        f"{head}.{other}.{signature}",
        f"{head}.{body}.{signature[:-4]}",
        f"{head}.{body}.",
        f"{head}.{body}",
    ):
        assert await tokens.verify(PRACTICE, forged) is None


async def test_claims_that_are_not_an_object_are_refused(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    for claims in (b"[]", b"7", b"null", b"", b"\xff", b"[" * 9000):
        forged = signed({"alg": "RS256", "kid": "rsa", "typ": "JWT"}, claims, issuer.keys["rsa"])
        assert await tokens.verify(PRACTICE, forged) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        "é.é.é",
        "a" * 20_000,
        segment(b"[]") + "..",
        segment(b'"alg"') + "..",
        segment(b"[" * 5000) + "..",
    ],
    ids=lambda text: text[:12],
)
async def test_malformed_token_is_refused(issuer: FakeIssuer, tokens: OidcStaffTokens, text: str) -> None:
    assert await tokens.verify(PRACTICE, text) is None
    assert issuer.asked == []


@given(
    st.text(max_size=80) | st.lists(st.binary(max_size=40), max_size=5).map(lambda parts: ".".join(map(segment, parts)))
)
async def test_arbitrary_text_is_refused_without_a_fault(tokens: OidcStaffTokens, text: str) -> None:
    assert await tokens.verify(PRACTICE, text) is None
