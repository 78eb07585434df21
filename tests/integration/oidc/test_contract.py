"""The contract suite of staff tokens on OpenID Connect, with an issuer over HTTP."""

from datetime import timedelta

import pytest
from attrs import define
from joserfc.jwk import RSAKey

from adapters.oidc.staff_tokens import OidcStaffTokens
from portal_core.accounts.identity_provider import StaffIdentity
from tests.support.clock import FixedClock
from tests.support.contracts.accounts.staff_tokens import AUDIENCE, FIVE, StaffTokenHarness, StaffTokensContract
from tests.support.oidc.fake_issuer import FakeIssuer, signed


@define
class OidcStaffTokenHarness(StaffTokenHarness):
    issuer: FakeIssuer
    tokens: OidcStaffTokens
    clock: FixedClock

    def issue(self, who: StaffIdentity, *, audience: str = AUDIENCE, starts_in: timedelta = timedelta(0)) -> str:
        return self.issuer.token(aud=audience, **self._claims(who, starts_in))

    def forge(self, who: StaffIdentity) -> str:
        mine = RSAKey.generate_key(2048, {"kid": "rsa"})
        claims = self.issuer.claims(**self._claims(who, timedelta(0)))
        return signed({"alg": "RS256", "kid": "rsa", "typ": "JWT"}, claims, mine)

    def _claims(self, who: StaffIdentity, starts_in: timedelta) -> dict[str, object]:
        begins = self.clock.now() + starts_in
        return {
            "iss": who.issuer,
            "sub": who.subject,
            "iat": int(begins.timestamp()),
            "exp": int((begins + FIVE).timestamp()),
            "email": who.email or None,
            "email_verified": who.email_verified,
            "amr": sorted(who.methods) or None,
            "acr": who.context or None,
        }


class TestOidcStaffTokens(StaffTokensContract):
    @pytest.fixture
    def ehr(self, issuer: FakeIssuer, tokens: OidcStaffTokens) -> OidcStaffTokenHarness:
        return OidcStaffTokenHarness(issuer, tokens, issuer.clock)
