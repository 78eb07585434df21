"""The in-app inbox."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from msgspec import Struct

from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, PageSize, page
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.kernel.errors import NotFound
from portal_core.kernel.page import Page
from portal_core.notifications.use_cases.list_notifications import ListNotifications, ListNotificationsQuery
from portal_core.notifications.use_cases.read_all_notifications import ReadAllNotifications
from portal_core.notifications.use_cases.read_notification import ReadNotification
from portal_core.notifications.views import NotificationView


class MarkedRead(Struct, frozen=True):
    """How many notifications were marked as read."""

    marked: int


class NotificationsController(Controller):
    """The actor's inbox, limited to their account and the record that the request names."""

    path = "/notifications"
    tags = ("Notifications",)

    @get("", active=False)
    async def list_notifications(
        self,
        request: PortalRequest,
        list_notifications: NamedDependency[ListNotifications],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[NotificationView]:
        """Lists notifications, newest first."""
        return await list_notifications(request.actor, ListNotificationsQuery(page(after, size)))

    @post("/{notification_id:uuid}/read", status_code=200, idempotent=False, raises=[NotFound])
    async def read_notification(
        self,
        request: PortalRequest,
        notification_id: FromPath[UUID],
        read_notification: NamedDependency[ReadNotification],
    ) -> NotificationView:
        """Marks a notification as read."""
        return await read_notification(request.actor, notification_id)

    @post("/read-all", status_code=200, idempotent=False)
    async def read_all_notifications(
        self, request: PortalRequest, read_all_notifications: NamedDependency[ReadAllNotifications]
    ) -> MarkedRead:
        """Marks all notifications as read."""
        return MarkedRead(await read_all_notifications(request.actor))
