"""ID tokens of the EHR's issuer (OpenID Connect Core 1.0, 3.1.3.7; attacks and defenses in RFC 8725)."""

from typing import Any, Final
from uuid import UUID

from attrs import define, field
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry

from adapters.oidc.issuers import OidcIssuer, OidcIssuers, trusted_issuer
from adapters.oidc.jwks import JwksCache
from portal_core.accounts.identity_provider import (
    MAX_STAFF_TOKEN_AGE,
    StaffIdentity,
    StaffTokens,
    is_subject,
)
from portal_core.kernel.sources import Clock

ALGORITHMS: Final = ("RS256", "ES256", "PS256", "EdDSA", "Ed25519")
"""Only private-key signatures: never `none`, never a shared secret (RFC 8725, 3.1). Includes EdDSA's new name."""

LEEWAY_SECONDS: Final = 60
MAX_LIFETIME_SECONDS: Final = 86_400
_MAX_TOKEN_LENGTH = 16_384


class _Registry(JWSRegistry):
    """Applies this module's rules instead of the library's recommendations. Ignores unknown headers (RFC 7515, 4)."""

    max_header_length = 8_192

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


_registry: Final = _Registry(strict_check_header=False)


@define
class OidcStaffTokens(StaffTokens):
    """Trusts the practice's own issuer. Keys come only from its configured URL, never from one that a token names."""

    issuers: OidcIssuers
    clock: Clock
    keys: JwksCache = field()

    @keys.default
    def _own_keys(self) -> JwksCache:
        return JwksCache(self.clock)

    async def verify(self, practice_id: UUID, token: str) -> StaffIdentity | None:
        """Raises:
        Unavailable: the practice's settings or the issuer's keys cannot be read.
        """
        header = _header(token)
        if header is None:
            return None
        issuer = trusted_issuer(await self.issuers.of(practice_id))
        if issuer is None:
            return None
        key = await self.keys.find(issuer.jwks_url, header.get("kid"))
        if key is None or key.get("alg", header["alg"]) != header["alg"]:
            return None
        try:
            claims = jwt.decode(token, key, registry=_registry).claims
            self._rules(issuer).validate(claims)
            accepted = _meant_for_us(issuer, claims) and self._is_recent(claims)
        except (JoseError, ValueError, TypeError, OverflowError, RecursionError):
            return None
        return _identity(issuer, claims) if accepted else None

    def _is_recent(self, claims: dict[str, Any]) -> bool:
        now, max_age = self.clock.now().timestamp(), MAX_STAFF_TOKEN_AGE.total_seconds()
        return bool(now - claims["iat"] <= max_age + LEEWAY_SECONDS and claims["exp"] - now <= MAX_LIFETIME_SECONDS)

    def _rules(self, issuer: OidcIssuer) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(self.clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer.issuer},
            aud={"essential": True, "value": issuer.audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )


def _header(token: str) -> dict[str, Any] | None:
    """The unverified header of a text that may be an ID token; None for anything else."""
    if len(token) > _MAX_TOKEN_LENGTH or not token.isascii():
        return None
    try:
        header: Any = jws.extract_compact(token.encode(), registry=_registry).headers()
    except Exception:
        # Any text that makes the parser fail is not a token.
        return None
    if not isinstance(header, dict):
        return None
    kid, kind = header.get("kid"), header.get("typ", "JWT")
    if header.get("alg") not in ALGORITHMS or not isinstance(kid, str | None) or "crit" in header:
        return None
    # An access or logout token of the same issuer does not sign anybody in (RFC 8725, 3.11).
    return header if isinstance(kind, str) and kind.upper() == "JWT" else None


def _meant_for_us(issuer: OidcIssuer, claims: dict[str, Any]) -> bool:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    party = claims.get("azp", None if several else issuer.audience)
    return party == issuer.audience and is_subject(claims["sub"])


def _identity(issuer: OidcIssuer, claims: dict[str, Any]) -> StaffIdentity:
    methods = claims.get("amr")
    return StaffIdentity(
        issuer=issuer.issuer,
        subject=claims["sub"],
        email=_text(claims.get("email")),
        email_verified=claims.get("email_verified") is True,
        methods=frozenset(one for one in methods if isinstance(one, str)) if isinstance(methods, list) else frozenset(),
        context=_text(claims.get("acr")),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
