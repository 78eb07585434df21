"""A calendar app reads a client's calendar feed."""

from datetime import timedelta
from hashlib import sha256

from attrs import frozen

from portal_core.appointments.calendar_file import CalendarEvent, feed_text
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentFilter, AppointmentRow, CalendarFile
from portal_core.kernel.actor import Actor, ClientActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound
from portal_core.kernel.page import MAX_PAGE, PageRequest
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

LOOK_BACK = timedelta(days=90)
LOOK_AHEAD = timedelta(days=400)


@frozen
class ReadCalendarFeedQuery:
    token: str


@frozen
class ReadCalendarFeed:
    """Appointments of the client whose feed has this token, as a calendar file. For anyone who has the token.

    From 90 days ago to 400 days ahead; cancelled ones are included as cancelled, so that the calendar removes them. It
    contains no clinical terms: only the practice's name for the calendar and title for all appointments, time and
    address. The content stays the same, byte for byte, until an appointment, a setting or the span changes.

    Raises:
        NotFound: no current feed has this token.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: ReadCalendarFeedQuery) -> CalendarFile:
        async with self.begin(actor, read_only=True) as unit:
            feed = await unit.feeds.unscoped_by_hash(sha256(query.token.encode()).digest())
            if feed is None:
                raise NotFound("calendar_feed")
            # From here on, access is confined to that client, as if they had signed in.
            reader = ClientActor(feed.practice_id, feed.account_id, feed.client_id, origin=actor.origin)
        async with self.begin(reader, read_only=True) as unit:
            await unit.audit.record(AuditEntry("calendar_feed.read", feed.id, record=reader.client_id))
            settings, rows = await unit.read_together(unit.appointment_settings.get(), self._rows(unit, reader))
            content = feed_text(map(CalendarEvent.of, rows), settings.value.calendar_name)
            return await unit.commit(CalendarFile(file_name="appointments.ics", method="", content=content))

    async def _rows(self, unit: AppointmentUnit, reader: ClientActor) -> list[AppointmentRow]:
        now = self.clock.now()
        filters = AppointmentFilter("all", since=now - LOOK_BACK, until=now + LOOK_AHEAD)
        rows: list[AppointmentRow] = []
        page = PageRequest(size=MAX_PAGE)
        while True:
            found = await unit.appointment_reads.list_for_client(reader.client_id, filters, page, now)
            rows += found.items
            if not found.next:
                return rows
            page = PageRequest(found.next, MAX_PAGE)
