"""Which issuer a practice trusts, by its OIDC settings."""

from typing import Protocol
from uuid import UUID

from attrs import frozen

from portal_core.accounts.settings import OidcSettings


@frozen
class OidcIssuer:
    """`issuer` as its tokens name it, `audience` our client id there, `jwks_url` where its public keys are."""

    issuer: str
    audience: str
    jwks_url: str


class OidcIssuers(Protocol):
    """The practices' OIDC settings."""

    async def of(self, practice_id: UUID) -> OidcSettings:
        """The practice's settings; empty when it trusts no issuer.

        Raises:
            Unavailable: the settings cannot be read.
        """
        ...


def trusted_issuer(settings: OidcSettings) -> OidcIssuer | None:
    """The issuer that the settings name, if they name one."""
    if settings.issuer is None or settings.audience is None or settings.jwks_url is None:
        return None
    return OidcIssuer(settings.issuer, settings.audience, settings.jwks_url)
