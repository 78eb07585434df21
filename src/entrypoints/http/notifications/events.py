"""Server-sent events: something came. No activity of a person, and over when the session is."""

from collections.abc import AsyncIterator

import msgspec
from litestar import Controller
from litestar.di import NamedDependency
from litestar.response import ServerSentEvent, ServerSentEventMessage

from entrypoints.http.contract.routing import get
from entrypoints.http.server.request import PortalRequest
from entrypoints.http.server.streams import Streams
from portal_core.kernel.actor import AccountHolder
from portal_core.kernel.errors import PortalError
from portal_core.notifications.use_cases.watch_notifications import WatchNotifications, WatchNotificationsCommand
from portal_core.notifications.views import News


class EventsController(Controller):
    """What a browser keeps open."""

    path = "/events"
    tags = ("Notifications",)

    @get("", active=False, media_type="text/event-stream")
    async def watch_notifications(
        self,
        request: PortalRequest,
        watch_notifications: NamedDependency[WatchNotifications],
        streams: NamedDependency[Streams],
    ) -> ServerSentEvent:
        """`news` events with the count of unread notifications and the ids that came. Reconnect when it ends.

        It ends after a minute, when the session does, and when the session has opened four others.
        """
        first = await watch_notifications(request.actor, WatchNotificationsCommand())
        return ServerSentEvent(_stream(streams.looks(request), watch_notifications, first))


async def _stream(
    looks: AsyncIterator[AccountHolder], watch: WatchNotifications, known: News
) -> AsyncIterator[ServerSentEventMessage]:
    yield _message(known)
    async for actor in looks:
        try:
            news = await watch(actor, WatchNotificationsCommand(known.newest))
        except PortalError:
            return
        if news.new or news.unread != known.unread:
            known = news
            yield _message(news)
        else:
            yield ServerSentEventMessage(data=None, comment="still here")


def _message(news: News) -> ServerSentEventMessage:
    return ServerSentEventMessage(data=msgspec.json.encode(news).decode(), event="news", retry=2000)
