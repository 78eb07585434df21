"""A job that has video visits keep their time on the wall clock when the practice's time zone has changed."""

from collections.abc import Callable

from attrs import frozen

from portal_core.appointments.model import Appointment
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.series_dates import move_series_to_zone
from portal_core.appointments.settings import BookingOptions
from portal_core.appointments.use_cases.correct_appointment_times import move_to_local_times
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class FollowPracticeTimeZone:
    """Moves booked video visits to come to the practice's time zone, at the same time on the wall clock.

    People are told once. One that would begin in the past, or while its clinician is busy, stays as it is. Returns how
    many were moved. Idempotent.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> int:
        async with self.begin(actor) as unit:
            require_system(actor)
            now = self.clock.now()
            time_zone = (await unit.directory.for_practice()).time_zone
            await move_series_to_zone(unit, await unit.appointments.upcoming(now), None, time_zone, now)
            return await unit.commit(await move_to_local_times(unit, actor, _zones, now))


def _zones(options: BookingOptions) -> Callable[[Appointment], str | None]:
    def new_zone(one: Appointment) -> str | None:
        return options.time_zone if one.telehealth and one.time_zone != options.time_zone else None

    return new_zone
