"""Changes the account settings of a practice."""

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.settings import AccountSettings
from portal_core.accounts.settings_views import AccountSettingsView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.settings import replace_settings
from portal_core.kernel.uow import Begin


@frozen
class ChangeAccountSettingsCommand:
    """`version` is the one that was read; without it, whatever is stored is replaced."""

    settings: AccountSettings
    version: int | None = None


@frozen
class ChangeAccountSettings:
    """An administrator, or a job, replaces the settings for passwords, second factors and sessions.

    An open session keeps its idle timeout and its end; everything else follows the new settings at once.

    Raises:
        NotFound, Forbidden: not an administrator.
        StaleVersion: the settings changed after they were read.
    """

    begin: Begin[AccountsUnit]

    async def __call__(self, actor: Actor, command: ChangeAccountSettingsCommand) -> AccountSettingsView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, "administrator")
            saved = await replace_settings(
                unit.account_settings, command.settings, command.version, "account_settings.changed"
            )
            return await unit.commit(AccountSettingsView.of(saved))
