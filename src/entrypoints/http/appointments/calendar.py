"""Endpoints for calendar files (RFC 5545): a single appointment, and a feed to which a calendar app subscribes."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from entrypoints.http.contract.conditional import IfNoneMatch, conditional
from entrypoints.http.contract.content_disposition import content_disposition
from entrypoints.http.contract.fields import FromPath
from entrypoints.http.contract.routing import delete, get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.use_cases.create_calendar_feed import CreateCalendarFeed
from portal_core.appointments.use_cases.export_calendar_event import ExportCalendarEvent
from portal_core.appointments.use_cases.get_calendar_feed import GetCalendarFeed
from portal_core.appointments.use_cases.read_calendar_feed import ReadCalendarFeed, ReadCalendarFeedQuery
from portal_core.appointments.use_cases.remove_calendar_feed import RemoveCalendarFeed
from portal_core.appointments.views import CalendarFile, FeedStatusView, FeedView
from portal_core.kernel.errors import Forbidden, NotFound

FeedName = Annotated[str, Meta(max_length=128, pattern=r"^[A-Za-z0-9_\-]+\.ics$", examples=["2hW9….ics"])]
"""A feed's token, with the file extension by which calendar apps recognize the format."""


class CalendarFeed(Struct, frozen=True):
    """A new feed, shown once: anyone with the address can read it. Append `path` to the host, with webcal or https."""

    path: str
    created_at: datetime

    @classmethod
    def at(cls, root: str, feed: FeedView, practice: str) -> "CalendarFeed":
        """The feed's address. It names the practice, so that it stays valid when practices or host names change."""
        query = urlencode({"practice": practice})
        return cls(f"{root}/{feed.token}.ics?{query}", feed.created_at)


def calendar_answer(file: CalendarFile) -> Response[str]:
    """The file as text/calendar, with the `method` parameter that RFC 5545, 8.1, requires if the file has one.

    Litestar adds the charset.
    """
    method = f"; method={file.method}" if file.method else ""
    return Response(
        file.content,
        media_type=f"text/calendar{method}",
        headers={"content-disposition": content_disposition(file.file_name)},
    )


class CalendarFileController(Controller):
    """An appointment as a calendar file."""

    path = "/appointments"
    tags = ("Calendar",)

    @get("/{appointment_id:uuid}/calendar.ics", media_type="text/calendar")
    async def export_calendar_event(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        export_calendar_event: NamedDependency[ExportCalendarEvent],
    ) -> Response[str]:
        """Returns the appointment as a calendar file.

        For a cancelled appointment, the file removes it from the calendar.
        """
        return calendar_answer(await export_calendar_event(request.actor, appointment_id))


class CalendarFeedController(Controller):
    """The record's calendar feed."""

    path = "/calendar"
    tags = ("Calendar",)

    @get("/feed")
    async def get_calendar_feed(
        self, request: PortalRequest, get_calendar_feed: NamedDependency[GetCalendarFeed]
    ) -> FeedStatusView:
        """Returns whether there is a feed, and since when; never its address."""
        return await get_calendar_feed(request.actor)

    @post("/feed", idempotent=False, raises=[Forbidden])
    async def create_calendar_feed(
        self, request: PortalRequest, create_calendar_feed: NamedDependency[CreateCalendarFeed]
    ) -> CalendarFeed:
        """Creates a feed, replacing an earlier one. Its address is shown only once."""
        feed = await create_calendar_feed(request.actor)
        return CalendarFeed.at(request.url.path.removesuffix("/feed"), feed, request.practice.slug)

    @delete("/feed", raises=[Forbidden, NotFound])
    async def remove_calendar_feed(
        self, request: PortalRequest, remove_calendar_feed: NamedDependency[RemoveCalendarFeed]
    ) -> None:
        """Removes the feed: its address stops working."""
        await remove_calendar_feed(request.actor)

    @get("/{feed:str}", auth="visitor", media_type="text/calendar", conditional=True, raises=[NotFound])
    async def read_calendar_feed(
        self,
        request: PortalRequest,
        feed: FromPath[FeedName],
        read_calendar_feed: NamedDependency[ReadCalendarFeed],
        if_none_match: IfNoneMatch = None,
    ) -> Response[str]:
        """Returns the appointments of the feed's client to anyone with the address. It contains no clinical terms.

        The ETag changes when the content does. A calendar app that sends it back gets 304 until then.
        """
        query = ReadCalendarFeedQuery(feed.removesuffix(".ics"))
        return conditional(calendar_answer(await read_calendar_feed(request.visitor, query)), if_none_match)
