"""Server-sent events about new notifications. They do not count as user activity, and end with the session."""

from collections.abc import AsyncIterator

import msgspec
from litestar import Controller
from litestar.di import NamedDependency
from litestar.response import ServerSentEvent, ServerSentEventMessage

from entrypoints.http.contract.routing import get
from entrypoints.http.server.request import PortalRequest
from entrypoints.http.server.streams import EventStreams
from portal_core.kernel.actor import AccountHolder
from portal_core.kernel.errors import PortalError
from portal_core.notifications.use_cases.watch_notifications import WatchNotifications, WatchNotificationsQuery
from portal_core.notifications.views import InboxUpdate


class EventsController(Controller):
    """The event stream that a browser keeps open."""

    path = "/events"
    tags = ("Notifications",)

    @get("", active=False, media_type="text/event-stream", event=InboxUpdate)
    async def watch_notifications(
        self,
        request: PortalRequest,
        watch_notifications: NamedDependency[WatchNotifications],
        streams: NamedDependency[EventStreams],
    ) -> ServerSentEvent:
        """`updates` events with the count of unread notifications and the ids that came. Reconnect when it ends.

        It ends after a minute, when the session does, and when the session has opened four others.
        """
        first = await watch_notifications(request.actor, WatchNotificationsQuery())
        stream = _stream(streams.polls(request), watch_notifications, first)
        return ServerSentEvent(stream, headers={"Cache-Control": "no-store"})


async def _stream(
    polls: AsyncIterator[AccountHolder], watch: WatchNotifications, known: InboxUpdate
) -> AsyncIterator[ServerSentEventMessage]:
    yield _message(known)
    async for actor in polls:
        try:
            updates = await watch(actor, WatchNotificationsQuery(known.newest_id))
        except PortalError:
            return
        if updates.new or updates.unread != known.unread:
            known = updates
            yield _message(updates)
        else:
            yield ServerSentEventMessage(data=None, comment="keep-alive")


def _message(updates: InboxUpdate) -> ServerSentEventMessage:
    return ServerSentEventMessage(data=msgspec.json.encode(updates).decode(), event="updates", retry=2000)
