"""A client or staff read the booking options."""

from attrs import evolve, frozen

from portal_core.appointments.option_views import BookingOptionsView
from portal_core.appointments.ports import AppointmentUnit
from portal_core.kernel.actor import Actor, StaffActor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.uow import Begin


@frozen
class GetBookingOptions:
    """Rules, appointment types, locations and clinicians.

    Staff and jobs see everything the practice has. A client, or a proxy with `appointments` access, sees what is active
    and the care team; types that are not bookable online are included, since they can be requested. A discharged client
    sees no appointment types.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor) -> BookingOptionsView:
        async with self.begin(actor, read_only=True) as unit:
            if isinstance(actor, StaffActor | SystemActor):
                return await unit.commit(BookingOptionsView.of(await unit.directory.for_practice()))
            client_id = require_own_record(actor, "appointments")
            await unit.audit.record(AuditEntry("booking_options.read", record=client_id))
            booking_options = await unit.directory.for_client(client_id)
            active = evolve(
                booking_options,
                appointment_types={
                    one.id: one
                    for one in booking_options.appointment_types.values()
                    if one.active and not booking_options.discharged
                },
                locations={one.id: one for one in booking_options.locations.values() if one.active},
                clinicians={one.id: one for one in booking_options.clinicians.values() if one.active},
            )
            return await unit.commit(BookingOptionsView.of(active))
