"""Reads the OIDC settings of a practice."""

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.settings_views import OidcSettingsView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.uow import Begin


@frozen
class GetOidcSettings:
    """The identity provider that the practice trusts for its staff. For administrators and jobs.

    Raises:
        NotFound, Forbidden: not an administrator.
    """

    begin: Begin[AccountsUnit]

    async def __call__(self, actor: Actor) -> OidcSettingsView:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, "administrator")
            return OidcSettingsView.of(await unit.oidc_settings.get())
