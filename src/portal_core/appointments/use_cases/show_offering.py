"""What one may book: the choices of a booking screen."""

from attrs import evolve, frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views_options import OfferingView
from portal_core.kernel.access import own_record
from portal_core.kernel.actor import Actor, StaffActor, SystemActor
from portal_core.kernel.audit import Audited
from portal_core.kernel.uow import Begin


@frozen
class ShowOffering:
    """Rules, kinds, places and clinicians.

    Staff and jobs see all that the practice has. A client, or a proxy with `appointments`, sees what is active, and
    their care team; kinds that are not booked online are there to be asked for by a request. A client who was
    discharged finds no kinds.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor) -> OfferingView:
        async with self.begin(actor) as unit:
            if isinstance(actor, StaffActor | SystemActor):
                return await unit.commit(OfferingView.of(await unit.directory.for_practice()))
            client_id = own_record(actor, "appointments")
            schedule = await unit.directory.for_client(client_id)
            await unit.audit.record(Audited("offering.read", record=client_id))
            active = evolve(
                schedule,
                kinds={one.id: one for one in schedule.kinds.values() if one.active and not schedule.discharged},
                places={one.id: one for one in schedule.places.values() if one.active},
                clinicians={one.id: one for one in schedule.clinicians.values() if one.active},
            )
            return await unit.commit(OfferingView.of(active))
