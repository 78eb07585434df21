"""Staff remove an exception, so that the weekly rules apply again."""

from datetime import date, datetime
from uuid import UUID

from attrs import frozen

from portal_core.appointments.availability_views import ConflictsView
from portal_core.appointments.booking_changes import load_summaries
from portal_core.appointments.conflicts import hours_conflicts
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.availability import AvailabilityException, date_range_around
from portal_core.appointments.scheduling.wall_clock import DAY
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

    Booked appointments stay; those that were within an available time and no longer are, are listed in `conflicts`.

    Raises:
        NotFound: the clinician has no such exception, or it is in a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: RemoveAvailabilityExceptionCommand) -> ConflictsView:
        clinician_id, exception_id = command.clinician_id, command.exception_id
        async with self.begin(actor) as unit:
            require_calendar_access(actor, clinician_id)
            now = self.clock.now()
            await unit.calendar.lock([clinician_id], now)
            known = await unit.availability.exceptions([clinician_id], date.min, date.max)
            removed = next((one for one in known if (one.clinician_id, one.id) == (clinician_id, exception_id)), None)
            if removed is None:
                raise NotFound("availability_exception", exception_id)
            audit_entry = AuditEntry("availability_exception.removed", exception_id)
            await unit.availability.remove_exception(clinician_id, exception_id, audit_entry)
            conflicts = await load_summaries(unit, await _conflicts(unit, clinician_id, removed, now))
            return await unit.commit(ConflictsView(conflicts=conflicts))


async def _conflicts(
    unit: AppointmentUnit, clinician_id: UUID, removed: AvailabilityException, now: datetime
) -> tuple[UUID, ...]:
    span = removed.span()
    if not removed.available or span is None:
        return ()
    clinicians = [clinician_id]
    first_day, last_day = date_range_around(*span)
    rules, exceptions, booked = await unit.read_together(
        unit.availability.rules(clinicians),
        unit.availability.exceptions(clinicians, first_day - DAY, last_day + DAY),
        unit.appointments.booked_times(clinicians, *span),
    )
    affected = (one for one in booked if one.location_id == removed.location_id)
    return hours_conflicts(affected, rules, exceptions, now)
