"""Polls the actor's inbox for an event stream."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.uow import Begin
from portal_core.notifications.policy import inbox_scope
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import InboxUpdate


@frozen
class WatchNotificationsQuery:
    """`after` is the newest id that the caller knows; None at first."""

    after: UUID | None = None


@frozen
class WatchNotifications:
    """Returns counts and ids of new notifications. It returns no content, so nothing is audited.

    Programs call this, not people, so it is not user activity: the entry point must not extend the session for it.

    Raises:
        Unauthenticated: the actor is not signed in.
    """

    begin: Begin[NotificationsUnit]

    async def __call__(self, actor: Actor, query: WatchNotificationsQuery) -> InboxUpdate:
        async with self.begin(actor) as unit:
            return await unit.inbox.updates(inbox_scope(actor), query.after)
