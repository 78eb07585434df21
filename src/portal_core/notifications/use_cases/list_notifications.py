"""Lists the actor's inbox."""

from attrs import field, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin
from portal_core.notifications.policy import inbox_scope
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import NotificationView


@frozen
class ListNotificationsQuery:
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListNotifications:
    """Lists the actor's notifications, newest first, in their language.

    Every account holder sees notifications about the account. A client or proxy also sees those about the record that
    the request names; a proxy within the grant.

    Raises:
        Unauthenticated: the actor is not signed in.
    """

    begin: Begin[NotificationsUnit]

    async def __call__(self, actor: Actor, query: ListNotificationsQuery) -> Page[NotificationView]:
        async with self.begin(actor, read_only=True) as unit:
            scope = inbox_scope(actor)
            await unit.audit.record(AuditEntry("notifications.read", record=scope.client_id))
            settings, found = await unit.read_together(
                unit.notification_settings.get(scope.account_id), unit.inbox.page(scope, query.page)
            )
            return await unit.commit(found.map(lambda line: NotificationView.of(line, settings.notice_language)))
