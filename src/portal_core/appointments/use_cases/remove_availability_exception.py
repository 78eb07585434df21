"""Staff remove an exception, so that the weekly rules apply again."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class RemoveAvailabilityExceptionCommand:
    """The clinician and the exception."""

    clinician_id: UUID
    exception_id: UUID


@frozen
class RemoveAvailabilityException:
    """Removes an exception. For the front desk and administrators; clinicians for themselves.

    Raises:
        NotFound: the clinician has no such exception, or it is in a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: RemoveAvailabilityExceptionCommand) -> None:
        async with self.begin(actor) as unit:
            require_calendar_access(actor, command.clinician_id)
            await unit.calendar.lock([command.clinician_id], self.clock.now())
            audit_entry = AuditEntry("availability_exception.removed", command.exception_id)
            if not await unit.availability.remove_exception(command.clinician_id, command.exception_id, audit_entry):
                raise NotFound("availability_exception", command.exception_id)
            await unit.commit(None)
