"""Staff look at one appointment."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking_changes import note_reading
from portal_core.appointments.policy import scheduler
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views_practice import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin


@frozen
class ShowPracticeAppointment:
    """Shows an appointment with everybody in it. Front desk and administrators; clinicians those in their own calendar.

    Raises:
        NotFound: no such appointment, or in a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, appointment_id: UUID) -> PracticeAppointmentView:
        async with self.begin(actor) as unit:
            scheduler(actor)
            view = await unit.appointment_reads.one_for_practice(appointment_id)
            if view is None:
                raise NotFound("appointment", appointment_id)
            scheduler(actor, view.clinician_id)
            await note_reading(unit, [view])
            return await unit.commit(view)
