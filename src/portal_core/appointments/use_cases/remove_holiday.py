"""Staff remove a holiday, so that clinicians' own hours apply again."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.policy import HOLIDAY_ROLES
from portal_core.appointments.ports import AppointmentUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin


@frozen
class RemoveHoliday:
    """Removes a holiday. For the front desk and administrators.

    Raises:
        NotFound: neither staff nor a job, or no such holiday.
        Forbidden: staff in other roles.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, holiday_id: UUID) -> None:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *HOLIDAY_ROLES)
            if not await unit.availability.remove_exception(
                None, holiday_id, AuditEntry("holiday.removed", holiday_id)
            ):
                raise NotFound("holiday", holiday_id)
            await unit.commit(None)
