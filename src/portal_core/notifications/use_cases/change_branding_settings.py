"""Changes the branding settings of a practice."""

from attrs import evolve, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.settings import replace_settings
from portal_core.kernel.text import single_line_text
from portal_core.kernel.uow import Begin
from portal_core.notifications.branding import MAX_NEUTRAL_NAME_LENGTH, BrandingSettings, require_own_host
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import BrandingSettingsView


@frozen
class ChangeBrandingSettingsCommand:
    """`version` is the one that was read; without it, whatever is stored is replaced."""

    settings: BrandingSettings
    version: int | None = None


@frozen
class ChangeBrandingSettings:
    """An administrator, or a job, replaces the sender name and portal address used in messages.

    Raises:
        NotFound, Forbidden: not an administrator.
        Invalid: the neutral name is empty or too long, or has characters that cannot be shown, or `portal_url` is not
            at a host of the practice or of the deployment.
        StaleVersion: the settings changed after they were read.
    """

    begin: Begin[NotificationsUnit]
    public_url: str

    async def __call__(self, actor: Actor, command: ChangeBrandingSettingsCommand) -> BrandingSettingsView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, "administrator")
            name = single_line_text(command.settings.neutral_name, "neutral_name", MAX_NEUTRAL_NAME_LENGTH)
            settings = evolve(command.settings, neutral_name=name)
            require_own_host(settings, (await unit.practice_record.get()).hosts, self.public_url)
            saved = await replace_settings(
                unit.branding_settings, settings, command.version, "branding_settings.changed"
            )
            return await unit.commit(BrandingSettingsView.of(saved))
