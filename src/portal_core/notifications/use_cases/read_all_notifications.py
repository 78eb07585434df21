"""Marks the whole inbox as read."""

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.notifications.policy import inbox_scope
from portal_core.notifications.ports import NotificationsUnit


@frozen
class ReadAllNotifications:
    """Marks everything that the actor sees in their inbox as read, and returns how many items were unread.

    Raises:
        Unauthenticated: the actor is not signed in.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        async with self.begin(actor) as unit:
            scope = inbox_scope(actor)
            entry = AuditEntry("notifications.all_read", record=scope.client_id)
            return await unit.commit(await unit.inbox.mark_read(scope, None, self.clock.now(), entry))
