"""Reads the account settings of a practice."""

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.settings_views import AccountSettingsView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.uow import Begin


@frozen
class GetAccountSettings:
    """The settings for passwords, second factors and sessions, or the defaults. For administrators and jobs.

    Raises:
        NotFound, Forbidden: not an administrator.
    """

    begin: Begin[AccountsUnit]

    async def __call__(self, actor: Actor) -> AccountSettingsView:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, "administrator")
            return AccountSettingsView.of(await unit.account_settings.get())
