"""Reads the branding settings of a practice."""

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.uow import Begin
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import BrandingSettingsView


@frozen
class GetBrandingSettings:
    """The sender name and portal address used in messages, or the defaults. For administrators and jobs.

    Raises:
        NotFound, Forbidden: not an administrator.
    """

    begin: Begin[NotificationsUnit]

    async def __call__(self, actor: Actor) -> BrandingSettingsView:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, "administrator")
            return BrandingSettingsView.of(await unit.branding_settings.get())
