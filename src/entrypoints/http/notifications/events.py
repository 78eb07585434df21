"""Server-sent events: something came. No activity of a person, and over when the session is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Controller
from litestar.di import NamedDependency
from litestar.response import ServerSentEvent, ServerSentEventMessage

from entrypoints.http.request import PortalRequest
from entrypoints.http.routing import get
from portal_core.kernel.errors import PortalError
from portal_core.notifications.use_cases.watch_notifications import WatchNotifications, WatchNotificationsCommand
from portal_core.notifications.views import News

EVERY = 5.0
"""Seconds between looks: one indexed read each."""

LASTS = 55.0
"""Seconds of one stream: then the browser comes back, and is asked for its session again."""


class EventsController(Controller):
    """What a browser keeps open."""

    path = "/events"
    tags = ("Notifications",)

    @get("", active=False, media_type="text/event-stream")
    async def watch_notifications(
        self, request: PortalRequest, watch_notifications: NamedDependency[WatchNotifications]
    ) -> ServerSentEvent:
        """`news` events with the count of unread notifications and the ids that came. Reconnect when it ends."""
        first = await watch_notifications(request.actor, WatchNotificationsCommand())
        return ServerSentEvent(_stream(request.actor, watch_notifications, first))


async def _stream(actor: Any, watch: WatchNotifications, known: News) -> AsyncIterator[ServerSentEventMessage]:
    yield _message(known)
    loop = asyncio.get_running_loop()
    ends = loop.time() + LASTS
    while loop.time() < ends:
        await asyncio.sleep(EVERY)
        try:
            news = await watch(actor, WatchNotificationsCommand(known.newest))
        except PortalError:
            return
        if news.new or news.unread != known.unread:
            known = news
            yield _message(news)
        else:
            yield ServerSentEventMessage(comment="still here")


def _message(news: News) -> ServerSentEventMessage:
    return ServerSentEventMessage(data=msgspec.json.encode(news).decode(), event="news", retry=2000)
