"""Fixtures: an OpenID Connect issuer, and the adapter that trusts it."""

from collections.abc import Iterator

import pytest
from joserfc.jwk import Key

from adapters.oidc.jwks import JwksCache
from adapters.oidc.staff_tokens import OidcStaffTokens
from tests.support.clock import FixedClock
from tests.support.oidc.fake_issuer import FakeIssuer, make_keys


@pytest.fixture(scope="session")
def keys() -> dict[str, Key]:
    return make_keys()


@pytest.fixture
def issuer(keys: dict[str, Key]) -> Iterator[FakeIssuer]:
    made = FakeIssuer(FixedClock(), dict(keys))
    yield made
    made.stop()


@pytest.fixture
def tokens(issuer: FakeIssuer) -> OidcStaffTokens:
    return OidcStaffTokens(issuer, issuer.clock, JwksCache(issuer.clock, issuer.fetch))
