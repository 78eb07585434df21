"""Changes the OIDC settings of a practice."""

from urllib.parse import urlsplit

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.settings import OidcSettings
from portal_core.accounts.settings_views import OidcSettingsView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import Invalid
from portal_core.kernel.public_addresses import is_public_host
from portal_core.kernel.settings import replace_settings
from portal_core.kernel.uow import Begin


@frozen
class ChangeOidcSettingsCommand:
    """`version` is the one that was read; without it, whatever is stored is replaced."""

    settings: OidcSettings
    version: int | None = None


@frozen
class ChangeOidcSettings:
    """An administrator, or a job, replaces the identity provider that the practice trusts for its staff.

    Raises:
        NotFound, Forbidden: not an administrator.
        Invalid: the portal would fetch the keys from an address that is not public. A name is resolved only then.
        StaleVersion: the settings changed after they were read.
    """

    begin: Begin[AccountsUnit]

    async def __call__(self, actor: Actor, command: ChangeOidcSettingsCommand) -> OidcSettingsView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, "administrator")
            _check_address(command.settings.jwks_url)
            saved = await replace_settings(
                unit.oidc_settings, command.settings, command.version, "oidc_settings.changed"
            )
            return await unit.commit(OidcSettingsView.of(saved))


def _check_address(jwks_url: str | None) -> None:
    if jwks_url is not None and not is_public_host(urlsplit(jwks_url).hostname or ""):
        raise Invalid.at(
            "jwks_url", "not_public", "Enter an address that is public, such as https://login.example.org."
        )
