"""How the actor is told."""

from attrs import frozen

from portal_core.kernel.access import account_holder
from portal_core.kernel.actor import Actor, ClientActor
from portal_core.kernel.audit import Audited
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import SettingsView


@frozen
class ShowSettings:
    """The settings of the actor's own account, with every kind spelled out.

    Raises:
        Unauthenticated: nobody is signed in.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> SettingsView:
        async with self.begin(actor) as unit:
            account_id = account_holder(actor).account_id
            settings = await unit.notification_settings.get(account_id)
            proof = await unit.notification_settings.proof(account_id)
            # A safe address says something of whoever asked for it.
            record = actor.client_id if isinstance(actor, ClientActor) else None
            await unit.audit.record(Audited("settings.read", account_id, record=record))
            return await unit.commit(SettingsView.of(settings, proof, self.clock.now()))
