"""ID tokens of an issuer: the good ones, and what attackers send."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from attrs import define
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

from adapters.oidc.issuers import OidcIssuer, check_oidc, issuer_of
from adapters.oidc.jwks import FRESH, KEPT, RETRY, KeySets, fetch, read
from adapters.oidc.staff_tokens import LEEWAY_SECONDS, OidcStaffTokens
from adapters.postgres.oidc_issuers import PostgresOidcIssuers
from portal_core.accounts.identity import StaffIdentity
from portal_core.kernel.errors import Invalid, Unavailable
from tests.support.clock import FixedClock
from tests.support.oidc_issuer import AUDIENCE, ISSUER, FakeIssuer, make_keys, segment, signed
from tests.support.postgres import PortalDatabase

PRACTICE = UUID(int=1)
SECTION = {"issuer": ISSUER, "audience": AUDIENCE, "jwks_url": "https://login.ehr.example/jwks"}


@pytest.fixture(scope="module")
def keys() -> dict[str, Key]:
    return make_keys()


@pytest.fixture
def issuer(keys: dict[str, Key]) -> Iterator[FakeIssuer]:
    made = FakeIssuer(FixedClock(), dict(keys))
    yield made
    made.stop()


@pytest.fixture
def tokens(issuer: FakeIssuer) -> Iterator[OidcStaffTokens]:
    made = OidcStaffTokens(issuer, issuer.clock, KeySets(issuer.clock, issuer.fetch))
    yield made
    made.keys.close()


@define
class NoIssuer:
    async def of(self, practice_id: UUID) -> dict[str, Any]:
        return {}


# --- good ones --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kid", "alg"), [("rsa", "RS256"), ("rsa", "PS256"), ("ec", "ES256"), ("ed", "EdDSA"), ("ed", "Ed25519")]
)
async def test_a_good_token_says_who_it_is(issuer: FakeIssuer, tokens: OidcStaffTokens, kid: str, alg: str) -> None:
    assert await tokens.verify(PRACTICE, issuer.token(kid, alg)) == StaffIdentity(
        ISSUER, "staff-7", "sam@clinic.example", True, frozenset({"pwd", "otp"}), "2"
    )


async def test_what_a_token_does_not_say_is_not_assumed(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    bare = issuer.token(email=None, email_verified=None, amr=None, acr=None)
    assert await tokens.verify(PRACTICE, bare) == StaffIdentity(ISSUER, "staff-7", "", False, frozenset(), "")
    odd = issuer.token(email=7, email_verified="true", amr="mfa", acr=["mfa"])
    assert await tokens.verify(PRACTICE, odd) == StaffIdentity(ISSUER, "staff-7", "", False, frozenset(), "")
    mixed = await tokens.verify(PRACTICE, issuer.token(amr=["mfa", 7, None]))
    assert mixed is not None
    assert mixed.methods == frozenset({"mfa"})


@pytest.mark.parametrize("header", [{"typ": None}, {"typ": "jwt"}, {"x5t": "abc"}, {"nonce": "not registered"}])
async def test_headers_that_decide_nothing_are_passed_over(
    issuer: FakeIssuer, tokens: OidcStaffTokens, header: dict[str, Any]
) -> None:
    assert await tokens.verify(PRACTICE, issuer.token(header=header)) is not None


@pytest.mark.parametrize(
    "claims",
    [{"aud": [AUDIENCE]}, {"aud": [AUDIENCE, "other"], "azp": AUDIENCE}, {"azp": AUDIENCE}, {"nbf": 0}],
)
async def test_audiences_that_include_us(issuer: FakeIssuer, tokens: OidcStaffTokens, claims: dict[str, Any]) -> None:
    assert await tokens.verify(PRACTICE, issuer.token(**claims)) is not None


# --- attacks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
async def test_no_signature_is_no_token(issuer: FakeIssuer, tokens: OidcStaffTokens, alg: str) -> None:
    head = segment(json.dumps({"alg": alg, "kid": "rsa", "typ": "JWT"}).encode())
    body = segment(json.dumps(issuer.claims()).encode())
    for signature in ("", "AAAA", issuer.token().rpartition(".")[2]):
        assert await tokens.verify(PRACTICE, f"{head}.{body}.{signature}") is None


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
async def test_the_public_key_is_no_shared_secret(issuer: FakeIssuer, tokens: OidcStaffTokens, alg: str) -> None:
    public = issuer.keys["rsa"]
    assert isinstance(public, RSAKey)
    for secret in (public.as_pem(private=False), public.as_der(private=False), str(public.as_dict()["n"]).encode()):
        # The library refuses to take a PEM for a secret; an attacker's does not.
        key = OctKey.import_key("secret-of-length-thirty-two-or-so")
        key.get_op_key = lambda operation, secret=secret: secret  # type: ignore[method-assign]
        forged = signed({"alg": alg, "kid": "rsa", "typ": "JWT"}, issuer.claims(), key)
        assert await tokens.verify(PRACTICE, forged) is None


async def test_a_shared_secret_among_the_published_keys_opens_nothing(
    issuer: FakeIssuer, tokens: OidcStaffTokens
) -> None:
    secret = OctKey.generate_key(256, {"kid": "oct"})
    issuer.published.append(dict(secret.as_dict()))
    forged = signed({"alg": "HS256", "kid": "oct", "typ": "JWT"}, issuer.claims(), secret)
    assert await tokens.verify(PRACTICE, forged) is None


@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS512", "ES256"])
async def test_an_algorithm_that_is_not_listed_or_not_the_keys(
    issuer: FakeIssuer, tokens: OidcStaffTokens, alg: str
) -> None:
    if alg == "ES256":
        forged = signed({"alg": "ES256", "kid": "rsa"}, issuer.claims(), issuer.keys["ec"])
    else:
        forged = issuer.token(alg=alg)
    assert await tokens.verify(PRACTICE, forged) is None


async def test_a_key_is_good_for_its_own_algorithm(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
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
        {"iat": None},
        {"iat": "now"},
    ],
    ids=repr,
)
async def test_a_signed_token_that_is_not_for_us_or_says_too_little(
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
async def test_times_hold_to_a_minutes_leeway(
    issuer: FakeIssuer, tokens: OidcStaffTokens, claim: str, first_good: int, step: int
) -> None:
    now = int(issuer.clock.now().timestamp())
    good: dict[str, Any] = {claim: now + first_good}
    bad: dict[str, Any] = {claim: now + first_good + step}
    assert await tokens.verify(PRACTICE, issuer.token(**good)) is not None
    assert await tokens.verify(PRACTICE, issuer.token(**bad)) is None


async def test_a_key_that_the_token_brings_along_is_not_looked_at(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
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
async def test_headers_that_make_it_something_else(
    issuer: FakeIssuer, tokens: OidcStaffTokens, header: dict[str, Any]
) -> None:
    assert await tokens.verify(PRACTICE, issuer.token(header=header)) is None


async def test_a_changed_token_is_no_token(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    head, body, signature = issuer.token().split(".")
    other = segment(json.dumps(issuer.claims(sub="administrator")).encode())
    for forged in (
        f"{head}.{other}.{signature}",
        f"{head}.{body}.{signature[:-4]}",
        f"{head}.{body}.",
        f"{head}.{body}",
    ):
        assert await tokens.verify(PRACTICE, forged) is None


async def test_claims_that_are_no_object(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
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
async def test_what_is_no_token_at_all(issuer: FakeIssuer, tokens: OidcStaffTokens, text: str) -> None:
    assert await tokens.verify(PRACTICE, text) is None
    assert issuer.asked == []


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.text(max_size=80) | st.lists(st.binary(max_size=40), max_size=5).map(lambda parts: ".".join(map(segment, parts)))
)
async def test_no_text_breaks_it(tokens: OidcStaffTokens, text: str) -> None:
    assert await tokens.verify(PRACTICE, text) is None


# --- keys -------------------------------------------------------------------------------------------------------------


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
    issuer.clock.advance(RETRY)
    assert await tokens.verify(PRACTICE, issuer.token("new", "ES256")) is not None
    assert len(issuer.asked) == 2
    for number in range(5):
        assert await tokens.verify(PRACTICE, issuer.token(header={"kid": f"made-up-{number}"})) is None
    assert len(issuer.asked) == 2


async def test_a_withdrawn_key_is_no_longer_good(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    assert await tokens.verify(PRACTICE, issuer.token()) is not None
    del issuer.published[0]
    issuer.clock.advance(FRESH)
    assert await tokens.verify(PRACTICE, issuer.token()) is None
    assert await tokens.verify(PRACTICE, issuer.token("ec", "ES256")) is not None


async def test_known_keys_serve_an_hour_while_the_issuer_is_away(issuer: FakeIssuer, tokens: OidcStaffTokens) -> None:
    assert await tokens.verify(PRACTICE, issuer.token()) is not None
    issuer.status = 503
    issuer.clock.advance(KEPT - timedelta(seconds=1))
    assert await tokens.verify(PRACTICE, issuer.token()) is not None
    issuer.clock.advance(timedelta(seconds=1))
    with pytest.raises(Unavailable):
        await tokens.verify(PRACTICE, issuer.token())
    issuer.status = 200
    issuer.clock.advance(RETRY)
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
    keys = KeySets(issuer.clock, lambda url: body)
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
    issuer.clock.advance(FRESH)
    assert await tokens.verify(PRACTICE, issuer.token(header={"kid": None})) is not None


def test_keys_come_over_https_and_not_from_files(issuer: FakeIssuer) -> None:
    for url in (issuer.url, "file:///etc/hostname", "ftp://host/keys"):
        with pytest.raises(ValueError, match="https"):
            fetch(url)


def test_an_endless_answer_is_cut_off(issuer: FakeIssuer) -> None:
    issuer.published = [{"kid": "x" * 1_000_001}]
    with pytest.raises(ValueError, match="too long"):
        read(issuer.url)


# --- settings ---------------------------------------------------------------------------------------------------------


async def test_a_practice_without_an_issuer_believes_nobody(issuer: FakeIssuer) -> None:
    tokens = OidcStaffTokens(NoIssuer(), issuer.clock)
    assert await tokens.verify(PRACTICE, issuer.token()) is None
    assert issuer.asked == []


async def test_each_practice_has_its_own(database: PortalDatabase) -> None:
    mine = await database.practice(settings={"oidc": SECTION, "accounts": {}})
    theirs = await database.practice(settings={"oidc": {**SECTION, "issuer": "https://other.example"}})
    without = await database.practice(settings={"oidc": "odd"})
    issuers = PostgresOidcIssuers(database.pool)
    assert issuer_of(await issuers.of(mine)) == OidcIssuer(**SECTION)
    assert issuer_of(await issuers.of(theirs)) == OidcIssuer(**{**SECTION, "issuer": "https://other.example"})
    for practice in (without, await database.practice(), uuid4()):
        assert issuer_of(await issuers.of(practice)) is None
    await database.pool.close()
    with pytest.raises(Unavailable):
        await issuers.of(mine)


@pytest.mark.parametrize("values", [{}, SECTION], ids=["none", "all"])
def test_all_settings_or_none(values: dict[str, Any]) -> None:
    assert check_oidc(values) == values


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({"issuer": ISSUER}, {"values.audience", "values.jwks_url"}),
        ({**SECTION, "secret": "x"}, {"values.secret"}),
        ({**SECTION, "jwks_url": "http://login.ehr.example/jwks"}, {"values.jwks_url"}),
        ({**SECTION, "jwks_url": "https:///jwks"}, {"values.jwks_url"}),
        ({**SECTION, "jwks_url": "https://user@host/jwks"}, {"values.jwks_url"}),
        ({**SECTION, "jwks_url": "https://[bad/jwks"}, {"values.jwks_url"}),
        ({**SECTION, "jwks_url": "https://host/\njwks"}, {"values.jwks_url"}),
        ({**SECTION, "issuer": 7, "audience": ""}, {"values.issuer", "values.audience"}),
        ({**SECTION, "audience": "a" * 501}, {"values.audience"}),
    ],
)
def test_half_an_issuer_is_refused_and_believed_by_nobody(values: dict[str, Any], paths: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        check_oidc(values)
    assert {one.path for one in refused.value.fields} == paths
    assert issuer_of(values) is None
