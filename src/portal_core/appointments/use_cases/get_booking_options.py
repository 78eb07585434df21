"""A client or staff read the booking options."""

from attrs import evolve, frozen

from portal_core.appointments.option_views import BookingOptionsView
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.wall_clock import DAY
from portal_core.kernel.actor import Actor, StaffActor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class GetBookingOptions:
    """Rules, appointment types, locations and clinicians.

    Staff and jobs see everything the practice has. A client, or a proxy with `appointments` access, sees the care team
    and what it offers (`BookingOptions.offered`); without a care team, nothing. Types that are not bookable online are
    included, since they can be requested. A discharged client sees no appointment types.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> BookingOptionsView:
        async with self.begin(actor, read_only=True) as unit:
            if isinstance(actor, StaffActor | SystemActor):
                return await unit.commit(BookingOptionsView.of(await unit.directory.for_practice()))
            client_id = require_own_record(actor, "appointments")
            await unit.audit.record(AuditEntry("booking_options.read", record=client_id))
            # A day's tolerance, since the local date is only known from what is read.
            yesterday = self.clock.now().date() - DAY
            booking_options, hours = await unit.read_together(
                unit.directory.for_client(client_id), unit.directory.published_hours(client_id, yesterday)
            )
            offered = booking_options.offered(hours)
            if booking_options.discharged:
                offered = evolve(offered, appointment_types={})
            return await unit.commit(BookingOptionsView.of(offered))
