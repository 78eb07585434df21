"""Staff remove a block."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class UnblockTime:
    """Removes a block. For the front desk and administrators; clinicians for their own calendar.

    Raises:
        NotFound: no such block, or in a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, block_id: UUID) -> None:
        async with self.begin(actor) as unit:
            require_calendar_access(actor)
            block = await unit.blocks.get(block_id)
            if block is not None:
                require_calendar_access(actor, block.clinician_id)
                await unit.calendar.lock([block.clinician_id], self.clock.now())
            if block is None or not await unit.blocks.remove(block_id, AuditEntry("time.unblocked", block_id)):
                raise NotFound("block", block_id)
            await unit.commit(None)
