"""What an event stream asks every few seconds."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.uow import Begin
from portal_core.notifications.policy import inbox_scope
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import InboxUpdate


@frozen
class WatchNotificationsCommand:
    """`after` is the newest id that the asker knows of, None at the beginning."""

    after: UUID | None = None


@frozen
class WatchNotifications:
    """Whether something came: counts and ids, no kinds and no words, so nothing is read and nothing audited.

    It is asked by a machine and is no activity of a person: the entry point must not extend the session for it.

    Raises:
        Unauthenticated: nobody is signed in.
    """

    begin: Begin[NotificationsUnit]

    async def __call__(self, actor: Actor, command: WatchNotificationsCommand) -> InboxUpdate:
        async with self.begin(actor) as unit:
            return await unit.inbox.updates(inbox_scope(actor), command.after)
