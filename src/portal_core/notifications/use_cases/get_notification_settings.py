"""Shows how the actor is notified."""

from attrs import frozen

from portal_core.kernel.actor import Actor, ClientActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import NotificationSettingsView


@frozen
class GetNotificationSettings:
    """Shows the settings of the actor's own account, with an entry for every notice kind.

    Raises:
        Unauthenticated: the actor is not signed in.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> NotificationSettingsView:
        async with self.begin(actor, read_only=True) as unit:
            account_id = require_account_holder(actor).account_id
            # A safe email reveals something about the client, so reading it is audited on their record.
            record = actor.client_id if isinstance(actor, ClientActor) else None
            await unit.audit.record(AuditEntry("settings.read", account_id, record=record))
            settings, verification = await unit.read_together(
                unit.notification_settings.get(account_id), unit.notification_settings.verification(account_id)
            )
            return await unit.commit(NotificationSettingsView.of(settings, verification, self.clock.now()))
