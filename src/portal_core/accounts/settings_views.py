"""Account and OIDC settings as administrators see them. Durations are whole minutes."""

from datetime import timedelta

from attrs import frozen

from portal_core.accounts.settings import AccountSettings, ClinicianAccess, OidcSettings
from portal_core.kernel.settings import Versioned

MINUTE = timedelta(minutes=1)


@frozen(kw_only=True)
class AccountSettingsView:
    """A practice's settings for passwords, second factors, sessions and what clinicians see.

    `version` is 0 while they are the defaults.
    """

    min_password_length: int
    client_second_factor_required: bool
    idle_timeout_minutes: int
    session_lifetime_minutes: int
    access_token_lifetime_minutes: int
    clinicians_see: ClinicianAccess
    version: int

    @classmethod
    def of(cls, stored: Versioned[AccountSettings]) -> "AccountSettingsView":
        settings = stored.value
        return cls(
            min_password_length=settings.min_password_length,
            client_second_factor_required=settings.client_second_factor_required,
            idle_timeout_minutes=settings.idle_timeout // MINUTE,
            session_lifetime_minutes=settings.session_lifetime // MINUTE,
            access_token_lifetime_minutes=settings.access_token_lifetime // MINUTE,
            clinicians_see=settings.clinicians_see,
            version=stored.version,
        )


@frozen(kw_only=True)
class OidcSettingsView:
    """The identity provider of a practice's staff; all null while none is trusted."""

    issuer: str | None
    audience: str | None
    jwks_url: str | None
    version: int

    @classmethod
    def of(cls, stored: Versioned[OidcSettings]) -> "OidcSettingsView":
        settings = stored.value
        return cls(
            issuer=settings.issuer,
            audience=settings.audience,
            jwks_url=settings.jwks_url,
            version=stored.version,
        )
