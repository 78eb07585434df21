"""A client lists their waitlist entries."""

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import WaitlistEntryView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.page import Page
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListWaitlist:
    """Lists the record's waitlist entries, longest waiting first, with the offers that can be accepted now.

    For clients, and proxies with `appointments` access. Entries whose latest date has passed are left out.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> Page[WaitlistEntryView]:
        now = self.clock.now()
        async with self.begin(actor, read_only=True) as unit:
            client_id = require_own_record(actor, "appointments")
            await unit.audit.record(AuditEntry("waitlist.read", record=client_id))
            found = await unit.waitlist_reads.of_client(client_id)
            return await unit.commit(Page(tuple(one.as_of(now) for one in found if one.is_active(now))))
