"""The practice's settings for passwords, second factors, sessions and the identity provider of its staff."""

from datetime import timedelta
from typing import Annotated

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import Request, SettingsVersion
from entrypoints.http.contract.routing import get, put
from entrypoints.http.server.request import PortalRequest
from portal_core.accounts.settings import (
    MAX_IDLE_TIMEOUT,
    MAX_OIDC_SETTING_LENGTH,
    MAX_SESSION_LIFETIME,
    MIN_DURATION,
    PASSWORD_LENGTH_BOUNDS,
    AccountSettings,
    ClinicianAccess,
    OidcSettings,
)
from portal_core.accounts.settings_views import MINUTE, AccountSettingsView, OidcSettingsView
from portal_core.accounts.use_cases.change_account_settings import ChangeAccountSettings, ChangeAccountSettingsCommand
from portal_core.accounts.use_cases.change_oidc_settings import ChangeOidcSettings, ChangeOidcSettingsCommand
from portal_core.accounts.use_cases.get_account_settings import GetAccountSettings
from portal_core.accounts.use_cases.get_oidc_settings import GetOidcSettings
from portal_core.kernel.errors import Forbidden, StaleVersion
from portal_core.kernel.text import text_or_none

MIN_MINUTES = MIN_DURATION // MINUTE
PasswordLength = Annotated[int, Meta(ge=PASSWORD_LENGTH_BOUNDS[0], le=PASSWORD_LENGTH_BOUNDS[1], examples=[15])]
IdleMinutes = Annotated[int, Meta(ge=MIN_MINUTES, le=MAX_IDLE_TIMEOUT // MINUTE, examples=[15])]
SessionMinutes = Annotated[int, Meta(ge=MIN_MINUTES, le=MAX_SESSION_LIFETIME // MINUTE, examples=[480])]
OidcText = Annotated[str, Meta(min_length=1, max_length=MAX_OIDC_SETTING_LENGTH)]
Issuer = Annotated[OidcText | None, Meta(examples=["https://login.ehr.example"])]
Audience = Annotated[OidcText | None, Meta(examples=["client-portal"])]
JwksUrl = Annotated[OidcText | None, Meta(examples=["https://login.ehr.example/jwks"])]


class ChangeAccountSettingsRequest(Request, frozen=True):
    """All settings for accounts; none can be left out, so that no rule is lost unseen. `version` is the one that was
    read.

    `client_second_factor_required` applies to clients and proxies; staff always need a second factor.
    `clinicians_see`: with `own_clients`, clinicians see only clients whose care team they are on, or with whom they
    have an appointment.
    """

    min_password_length: PasswordLength
    client_second_factor_required: bool
    idle_timeout_minutes: IdleMinutes
    session_lifetime_minutes: SessionMinutes
    access_token_lifetime_minutes: SessionMinutes
    clinicians_see: ClinicianAccess
    version: SettingsVersion | None = None

    def settings(self) -> AccountSettings:
        """The settings as the core has them."""
        return AccountSettings(
            min_password_length=self.min_password_length,
            client_second_factor_required=self.client_second_factor_required,
            idle_timeout=timedelta(minutes=self.idle_timeout_minutes),
            session_lifetime=timedelta(minutes=self.session_lifetime_minutes),
            access_token_lifetime=timedelta(minutes=self.access_token_lifetime_minutes),
            clinicians_see=self.clinicians_see,
        )


class ChangeOidcSettingsRequest(Request, frozen=True):
    """The identity provider that the practice trusts for its staff: all three fields, or none to trust no provider.

    `issuer` is the name in its tokens, `audience` the portal's client id there, `jwks_url` the https address of its
    public keys. `version` is the one that was read.
    """

    issuer: Issuer = None
    audience: Audience = None
    jwks_url: JwksUrl = None
    version: SettingsVersion | None = None

    def settings(self) -> OidcSettings:
        """The settings as the core has them."""
        return OidcSettings(
            issuer=text_or_none(self.issuer),
            audience=text_or_none(self.audience),
            jwks_url=text_or_none(self.jwks_url),
        )


class AccountSettingsController(Controller):
    """Settings for accounts."""

    path = "/settings"
    tags = ("Practice: setup",)

    @get("/accounts", raises=[Forbidden])
    async def get_account_settings(
        self, request: PortalRequest, get_account_settings: NamedDependency[GetAccountSettings]
    ) -> AccountSettingsView:
        """The practice's settings for accounts; the defaults, at version 0, until they are saved."""
        return await get_account_settings(request.actor)

    @put("/accounts", raises=[Forbidden, StaleVersion])
    async def change_account_settings(
        self,
        request: PortalRequest,
        data: JSONBody[ChangeAccountSettingsRequest],
        change_account_settings: NamedDependency[ChangeAccountSettings],
    ) -> AccountSettingsView:
        """Replaces the settings for accounts. Open sessions keep their idle timeout and their end."""
        command = ChangeAccountSettingsCommand(data.settings(), data.version)
        return await change_account_settings(request.actor, command)

    @get("/oidc", raises=[Forbidden])
    async def get_oidc_settings(
        self, request: PortalRequest, get_oidc_settings: NamedDependency[GetOidcSettings]
    ) -> OidcSettingsView:
        """The identity provider that the practice trusts for its staff."""
        return await get_oidc_settings(request.actor)

    @put("/oidc", raises=[Forbidden, StaleVersion])
    async def change_oidc_settings(
        self,
        request: PortalRequest,
        data: JSONBody[ChangeOidcSettingsRequest],
        change_oidc_settings: NamedDependency[ChangeOidcSettings],
    ) -> OidcSettingsView:
        """Replaces the identity provider that the practice trusts for its staff. An empty object removes it."""
        command = ChangeOidcSettingsCommand(data.settings(), data.version)
        return await change_oidc_settings(request.actor, command)
