"""Staff read a clinician's published availability."""

from datetime import date
from uuid import UUID

from attrs import frozen

from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import AvailabilityView
from portal_core.appointments.scheduling.wall_clock import DAY
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class GetAvailability:
    """A clinician's weekly rules, and the exceptions from yesterday on.

    For the front desk and administrators; clinicians for themselves.

    Raises:
        NotFound: no such clinician, or a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, clinician_id: UUID) -> AvailabilityView:
        async with self.begin(actor, read_only=True) as unit:
            require_calendar_access(actor, clinician_id)
            if await unit.directory.clinician(clinician_id) is None:
                raise NotFound("clinician", clinician_id)
            rules = await unit.availability.rules([clinician_id])
            # Yesterday in UTC is no later than today in any time zone.
            since = self.clock.now().date() - DAY
            exceptions = await unit.availability.exceptions([clinician_id], since, date.max)
            return await unit.commit(AvailabilityView.of(clinician_id, rules, exceptions))
