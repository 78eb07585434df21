"""Marks one notification as read."""

from uuid import UUID

from attrs import evolve, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.notifications.policy import inbox_scope
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import NotificationView


@frozen
class ReadNotification:
    """Marks a notification as read; marking it again changes nothing. A proxy with read-only access may do this too.

    Raises:
        Unauthenticated: the actor is not signed in.
        NotFound: the actor's inbox has no such notification, or not in the scope of this request.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, notification_id: UUID) -> NotificationView:
        async with self.begin(actor) as unit:
            scope = inbox_scope(actor)
            line = await unit.inbox.get(scope, notification_id)
            if line is None:
                raise NotFound("notification", notification_id)
            settings = await unit.notification_settings.get(scope.account_id)
            if line.read_at is None:
                now = self.clock.now()
                await unit.inbox.mark_read(
                    scope, line.id, now, AuditEntry("notification.read", line.id, record=line.client_id)
                )
                line = evolve(line, read_at=now)
            return await unit.commit(NotificationView.of(line, settings.notice_language))
