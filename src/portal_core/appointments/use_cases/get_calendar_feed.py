"""A client asks whether they have a calendar feed."""

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import FeedStatusView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.uow import Begin


@frozen
class GetCalendarFeed:
    """Whether the record has a calendar feed, and since when; its address is never shown again. For clients, and
    proxies with `appointments` access.

    Raises:
        NotFound: neither a client nor a proxy with `appointments` access.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor) -> FeedStatusView:
        async with self.begin(actor, read_only=True) as unit:
            client_id = require_own_record(actor, "appointments")
            await unit.audit.record(AuditEntry("calendar_feed.status_read", record=client_id))
            feed = await unit.feeds.get(client_id)
            return await unit.commit(FeedStatusView(created_at=feed.created_at if feed else None))
