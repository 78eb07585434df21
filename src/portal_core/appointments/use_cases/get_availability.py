"""Staff read a clinician's published availability."""

from datetime import date
from uuid import UUID

from attrs import frozen

from portal_core.appointments.availability_views import AvailabilityView
from portal_core.appointments.booking_changes import load_summaries
from portal_core.appointments.conflicts import first_conflicts, hours_conflicts
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.wall_clock import DAY
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class GetAvailability:
    """A clinician's weekly rules, the exceptions from yesterday on, and the booked appointments outside of them.

    For the front desk and administrators; clinicians for themselves.

    Raises:
        NotFound: no such clinician, or a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, clinician_id: UUID) -> AvailabilityView:
        async with self.begin(actor, read_only=True) as unit:
            require_calendar_access(actor, clinician_id)
            now = self.clock.now()
            clinician, rules, exceptions, booked = await unit.read_together(
                unit.directory.clinician(clinician_id),
                unit.availability.rules([clinician_id]),
                # Yesterday in UTC is no later than today in any time zone.
                unit.availability.exceptions([clinician_id], now.date() - DAY, date.max),
                unit.appointments.booked_times([clinician_id], now),
            )
            if clinician is None:
                raise NotFound("clinician", clinician_id)
            conflicts = (
                hours_conflicts(booked, rules, exceptions, now) if clinician.active else first_conflicts(booked, now)
            )
            affected = await load_summaries(unit, conflicts)
            return await unit.commit(AvailabilityView.of(clinician, rules, exceptions, affected))
