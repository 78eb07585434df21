"""Appointments in people's own calendars (RFC 5545): one as a file, all as a feed that a phone subscribes to."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from entrypoints.http.contract.fields import FromPath
from entrypoints.http.contract.routing import delete, get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.use_cases.create_calendar_feed import CreateCalendarFeed
from portal_core.appointments.use_cases.export_calendar_event import ExportCalendarEvent
from portal_core.appointments.use_cases.read_calendar_feed import ReadCalendarFeed
from portal_core.appointments.use_cases.remove_calendar_feed import RemoveCalendarFeed
from portal_core.appointments.views import CalendarFile, FeedView
from portal_core.kernel.errors import Forbidden, NotFound

FeedName = Annotated[str, Meta(max_length=128, pattern=r"^[A-Za-z0-9_\-]+\.ics$", examples=["2hW9….ics"])]
"""A feed's token, and the ending by which calendars know what it is."""


class CalendarFeed(Struct, frozen=True):
    """A feed, shown once: whoever has the address can read it. `path` goes after the host, under webcal or https."""

    path: str
    created_at: datetime

    @classmethod
    def at(cls, root: str, feed: FeedView, practice: str) -> "CalendarFeed":
        """The feed's address; it names the practice, since others may come, or its host names go."""
        query = urlencode({"practice": practice})
        return cls(f"{root}/{feed.token}.ics?{query}", feed.created_at)


def calendar_answer(file: CalendarFile) -> Response[str]:
    """The file as text/calendar, with the method beside it that RFC 5545, 8.1, wants where the file has one.

    Litestar adds the charset.
    """
    method = f"; method={file.method}" if file.method else ""
    return Response(
        file.content,
        media_type=f"text/calendar{method}",
        headers={"content-disposition": f'attachment; filename="{file.file_name}"'},
    )


class CalendarFileController(Controller):
    """One appointment as a file."""

    path = "/appointments"
    tags = ("Calendar",)

    @get("/{appointment_id:uuid}/calendar.ics", media_type="text/calendar")
    async def export_calendar_event(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        export_calendar_event: NamedDependency[ExportCalendarEvent],
    ) -> Response[str]:
        """The appointment for one's own calendar; of a cancelled one, what takes it out again."""
        return calendar_answer(await export_calendar_event(request.actor, appointment_id))


class CalendarFeedController(Controller):
    """The record's feed."""

    path = "/calendar"
    tags = ("Calendar",)

    @post("/feed", idempotent=False, raises=[Forbidden])
    async def create_calendar_feed(
        self, request: PortalRequest, create_calendar_feed: NamedDependency[CreateCalendarFeed]
    ) -> CalendarFeed:
        """Makes the address of a feed, and ends an earlier one. It is shown this once."""
        feed = await create_calendar_feed(request.actor)
        return CalendarFeed.at(request.url.path.removesuffix("/feed"), feed, request.practice.slug)

    @delete("/feed", raises=[Forbidden, NotFound])
    async def remove_calendar_feed(
        self, request: PortalRequest, remove_calendar_feed: NamedDependency[RemoveCalendarFeed]
    ) -> None:
        """Ends the feed: its address is dead from now on."""
        await remove_calendar_feed(request.actor)

    @get("/{feed:str}", auth="visitor", media_type="text/calendar", raises=[NotFound])
    async def read_calendar_feed(
        self, request: PortalRequest, feed: FromPath[FeedName], read_calendar_feed: NamedDependency[ReadCalendarFeed]
    ) -> Response[str]:
        """The appointments of the client whose feed this is, for whoever has its address. No clinical word is in it."""
        return calendar_answer(await read_calendar_feed(request.visitor, feed.removesuffix(".ics")))
