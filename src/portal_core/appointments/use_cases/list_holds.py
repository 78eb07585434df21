"""A client lists their holds."""

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import HoldView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.page import Page
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListHolds:
    """Lists the record's unexpired holds, the first to expire first. For clients, and proxies with `appointments`
    access.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> Page[HoldView]:
        async with self.begin(actor, read_only=True) as unit:
            client_id = require_own_record(actor, "appointments")
            await unit.audit.record(AuditEntry("holds.read", record=client_id))
            found = await unit.holds.of_client(client_id, self.clock.now())
            return await unit.commit(Page(tuple(HoldView.of(one) for one in found)))
