"""A clinician opens their telehealth session."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit, TelehealthRooms
from portal_core.appointments.video_visits import into_room, require_open_room, visit_to
from portal_core.appointments.views import JoinView
from portal_core.kernel.access import staff
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class HostSession:
    """Answers a short-lived link with which the clinician moderates the room. The clinician whose session it is.

    Raises:
        NotFound: no such appointment in the actor's own calendar.
        NotBooked, NotTelehealth, JoinNotOpen, JoinOver: as for the client.
        NoRoom: the clinician has given no room.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    rooms: TelehealthRooms

    async def __call__(self, actor: Actor, appointment_id: UUID) -> JoinView:
        async with self.begin(actor) as unit:
            member = staff(actor, "clinician")
            booking = await unit.appointments.whole(appointment_id)
            clinician = await unit.directory.clinician(member.clinician_id) if member.clinician_id else None
            if booking is None or clinician is None or booking.appointment.clinician_id != clinician.id:
                raise NotFound("appointment", appointment_id)
            require_open_room(booking.appointment, self.clock.now())
            await unit.audit.record(Audited("appointment.hosted", appointment_id))
            await unit.commit(None)
        visit = visit_to(booking.appointment, clinician.name, clinician.room_link, moderator=True)
        return await into_room(self.rooms, visit, booking.appointment)
