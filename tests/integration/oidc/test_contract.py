"""The staff token contract on OpenID Connect, with an issuer over HTTP."""

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

    def issue(
        self, staff_identity: StaffIdentity, *, audience: str = AUDIENCE, starts_in: timedelta = timedelta(0)
    ) -> str:
        return self.issuer.token(aud=audience, **self._claims(staff_identity, starts_in))

    def forge(self, staff_identity: StaffIdentity) -> str:
        mine = RSAKey.generate_key(2048, {"kid": "rsa"})
        claims = self.issuer.claims(**self._claims(staff_identity, timedelta(0)))
        return signed({"alg": "RS256", "kid": "rsa", "typ": "JWT"}, claims, mine)

    def _claims(self, staff_identity: StaffIdentity, starts_in: timedelta) -> dict[str, object]:
        begins = self.clock.now() + starts_in
        return {
            "iss": staff_identity.issuer,
            "sub": staff_identity.subject,
            "iat": int(begins.timestamp()),
            "exp": int((begins + FIVE).timestamp()),
            "email": staff_identity.email or None,
            "email_verified": staff_identity.email_verified,
            "amr": sorted(staff_identity.methods) or None,
            "acr": staff_identity.context or None,
        }


class TestOidcStaffTokens(StaffTokensContract):
    @pytest.fixture
    def ehr(self, issuer: FakeIssuer, tokens: OidcStaffTokens) -> OidcStaffTokenHarness:
        return OidcStaffTokenHarness(issuer, tokens, issuer.clock)
