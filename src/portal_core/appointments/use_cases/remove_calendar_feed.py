"""A client removes their calendar feed."""

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin


@frozen
class RemoveCalendarFeed:
    """Removes the record's feed, whose address stops working. For clients, and proxies with write access.

    Raises:
        NotFound: there is no feed.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor) -> None:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            if not await unit.feeds.remove(client_id, AuditEntry("calendar_feed.removed", record=client_id)):
                raise NotFound("calendar_feed")
            await unit.commit(None)
