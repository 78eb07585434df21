"""Staff read one appointment."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking_changes import audit_reads
from portal_core.appointments.policy import require_appointment_reader
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import only_bills
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin


@frozen
class GetPracticeAppointment:
    """Returns an appointment with all of its clients.

    For the front desk and administrators; clinicians for their own calendar; billers what bills need.

    Raises:
        NotFound: no such appointment, or in a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, appointment_id: UUID) -> PracticeAppointmentView:
        async with self.begin(actor, read_only=True) as unit:
            require_appointment_reader(actor)
            view = await unit.appointment_reads.get_for_practice(appointment_id)
            if view is None:
                raise NotFound("appointment", appointment_id)
            require_appointment_reader(actor, view.clinician_id)
            await audit_reads(unit, [view])
            return await unit.commit(view.for_bills() if only_bills(actor) else view)
