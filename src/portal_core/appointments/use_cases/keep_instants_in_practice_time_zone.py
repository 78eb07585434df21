"""A job that has video visits keep their instants when the practice's time zone has changed."""

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.zone_changes import follow_practice_zone
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class KeepInstantsInPracticeTimeZone:
    """Shows booked video visits to come in the practice's time zone, at the same instants, and online series with them,
    so that an extension continues the instants.

    People are told once. Returns how many visits are shown in another zone. Idempotent.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        async with self.begin(actor) as unit:
            require_system(actor)
            return await unit.commit(await follow_practice_zone(unit, actor, "instant", self.clock.now()))
