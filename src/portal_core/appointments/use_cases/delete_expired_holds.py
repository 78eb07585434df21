"""A job that deletes expired holds."""

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.use_cases.hold_slot import EXPIRED_HOLD_RETENTION
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class DeleteExpiredHolds:
    """Deletes expired holds from the calendars, one clinician at a time, and the holds themselves after a day.

    Expired holds are ignored everywhere; the job only keeps the tables small.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        now = self.clock.now()
        async with self.begin(actor) as unit:
            require_system(actor)
            clinicians = list((await unit.directory.for_practice()).clinicians)
            await unit.holds.clear_all(now - EXPIRED_HOLD_RETENTION)
            await unit.commit(None)
        for clinician_id in clinicians:
            async with self.begin(actor) as unit:
                # Taking the lock deletes the expired entries.
                await unit.calendar.lock([clinician_id], now)
                await unit.commit(None)
