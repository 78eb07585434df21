"""A job that has video visits keep their time on the wall clock when the practice's time zone has changed."""

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.zone_changes import follow_practice_zone
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class FollowPracticeTimeZone:
    """Moves booked video visits to come to the practice's time zone, at the same time on the wall clock, and online
    series with them.

    People are told once. One that would begin in the past, or while its clinician is busy, stays as it is. Returns how
    many were moved. Idempotent.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        async with self.begin(actor) as unit:
            require_system(actor)
            return await unit.commit(await follow_practice_zone(unit, actor, "wall_time", self.clock.now()))
