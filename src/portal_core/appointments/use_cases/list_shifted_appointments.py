"""Staff list appointments whose time on the wall clock is no longer the one that was booked."""

from attrs import frozen

from portal_core.appointments.booking_changes import load_summaries
from portal_core.appointments.bulk_changes import first_ids
from portal_core.appointments.local_times import is_shifted
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import AppointmentSummaryView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.page import Page
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListShiftedAppointments:
    """The first 1,000 booked appointments to come that a change of time zone rules has shifted, by start.

    `CorrectAppointmentTimes` moves them, except those that would begin in the past or while the clinician is busy. For
    the front desk and administrators.

    Raises:
        NotFound: neither staff nor a job.
        Forbidden: staff in other roles.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> Page[AppointmentSummaryView]:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, "front_desk", "administrator")
            booked = await unit.appointments.upcoming(self.clock.now())
            shifted = first_ids(one for one in booked if is_shifted(one))
            return await unit.commit(Page(await load_summaries(unit, shifted)))
