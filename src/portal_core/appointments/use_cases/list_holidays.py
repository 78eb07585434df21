"""Staff list the practice's holidays."""

from datetime import date

from attrs import frozen

from portal_core.appointments.availability_views import HolidayView
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.wall_clock import DAY
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.page import Page
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListHolidays:
    """The practice's holidays from yesterday on, by date. For the front desk, clinicians and administrators.

    Raises:
        NotFound: neither staff nor a job.
        Forbidden: staff in other roles.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> Page[HolidayView]:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, "front_desk", "administrator", "clinician")
            # Yesterday in UTC is no later than today in any time zone.
            since = self.clock.now().date() - DAY
            found = await unit.availability.exceptions([], since, date.max)
            holidays = sorted(found, key=lambda one: one.date)
            return await unit.commit(Page(tuple(map(HolidayView.of, holidays))))
