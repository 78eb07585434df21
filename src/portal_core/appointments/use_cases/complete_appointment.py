"""Staff note that an appointment took place."""

from functools import partial
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking_changes import locked, shown_to_practice
from portal_core.appointments.policy import scheduler
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views_practice import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class CompleteAppointmentCommand:
    """Which; `version` is the one that was shown."""

    appointment_id: UUID
    version: int | None = None


@frozen
class CompleteAppointment:
    """Closes an appointment that took place, for those who came. Staff as for `BookForClient`.

    Raises:
        NotFound: no such appointment, or in a colleague's calendar.
        NotBooked: it is closed.
        NotStarted: it has not begun.
        StaleVersion: it changed after it was shown.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: CompleteAppointmentCommand) -> PracticeAppointmentView:
        appointment_id = command.appointment_id
        async with self.begin(actor) as unit:
            scheduler(actor)
            now = self.clock.now()
            find = partial(unit.appointments.whole, appointment_id)
            booking = await locked(unit, find, appointment_id, now, version=command.version)
            scheduler(actor, booking.appointment.clinician_id)
            done = booking.complete(at=now)
            await unit.appointments.save(
                done,
                *(
                    Audited("appointment.completed", appointment_id, record=client_id)
                    for client_id in booking.attending
                ),
            )
            return await unit.commit(await shown_to_practice(unit, appointment_id))
