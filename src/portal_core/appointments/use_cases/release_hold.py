"""A client releases a held slot."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ReleaseHold:
    """Releases a held slot, which may have expired. For clients, and proxies with write access.

    Raises:
        NotFound: no such hold on this record.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, hold_id: UUID) -> None:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            hold = await unit.holds.get(client_id, hold_id)
            if hold is not None:
                await unit.calendar.lock([hold.clinician_id], self.clock.now(), clients=[client_id])
                # If it was booked meanwhile, its calendar entry belongs to the appointment now.
                hold = await unit.holds.get(client_id, hold_id)
            if hold is None:
                raise NotFound("hold", hold_id)
            await unit.calendar.free(hold.calendar_entry_id)
            await unit.holds.remove(client_id, hold_id, AuditEntry("hold.released", hold_id, record=client_id))
            await unit.commit(None)
