"""A job that has appointments keep their time on the wall clock when the rules of a time zone have changed."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.appointments.bulk_changes import change_appointments
from portal_core.appointments.local_times import at_local_time, is_shifted
from portal_core.appointments.model import Appointment
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.settings import BookingOptions
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
            return await unit.commit(
                await move_to_local_times(
                    unit, actor, lambda _: lambda one: one.time_zone if is_shifted(one) else None, self.clock.now()
                )
            )


async def move_to_local_times(
    unit: AppointmentUnit,
    actor: Actor,
    zones: Callable[[BookingOptions], Callable[[Appointment], str | None]],
    now: datetime,
) -> int:
    """Have the appointments to come for which `zones` names a zone keep their time on the wall clock there."""
    if not any(map(zones(await unit.directory.for_practice()), await unit.appointments.upcoming(now))):
        return 0
    options = await unit.directory.for_practice()
    await unit.calendar.lock(options.clinicians, now)
    zone_of = zones(options)
    found: dict[UUID, str] = {}
    booked = await unit.appointments.upcoming(now)
    for one in booked:
        if (zone := zone_of(one)) is not None:
            found[one.id] = zone
    done = await change_appointments(
        unit,
        actor,
        [one for one in booked if one.id in found],
        lambda one: at_local_time(one, found[one.id], at=now),
        options.clinicians,
        now,
    )
    return len(done.changed)
