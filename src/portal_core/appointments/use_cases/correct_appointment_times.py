"""A job that has appointments keep their time on the wall clock when the rules of a time zone have changed."""

from attrs import frozen

from portal_core.appointments.bulk_changes import change_appointments
from portal_core.appointments.local_times import at_local_time, is_shifted
from portal_core.appointments.ports import AppointmentUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class CorrectAppointmentTimes:
    """Moves booked appointments to come whose instant no longer shows the time on the wall that was booked.

    That is so after an update of the time zone rules. Calendars show the change, and people are told once. One that
    would begin in the past, or while its clinician is busy, stays until staff move it: `ListShiftedAppointments` has
    it. Returns how many were moved. Idempotent.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        async with self.begin(actor) as unit:
            require_system(actor)
            now = self.clock.now()
            if not any(map(is_shifted, await unit.appointments.upcoming(now))):
                return await unit.commit(0)
            options = await unit.directory.for_practice()
            await unit.calendar.lock(options.clinicians, now)
            shifted = [one for one in await unit.appointments.upcoming(now) if is_shifted(one)]
            done = await change_appointments(
                unit, actor, shifted, lambda one: at_local_time(one, one.time_zone, at=now), options.clinicians, now
            )
            return await unit.commit(len(done.changed))
