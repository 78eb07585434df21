"""A clinician starts a video visit."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit, TelehealthRooms
from portal_core.appointments.video_visits import create_room_link, require_open_room, video_visit_for
from portal_core.appointments.views import VideoVisitLinkView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class StartVideoVisit:
    """Returns a short-lived link with which the clinician moderates the room. For the appointment's clinician.

    Raises:
        NotFound: no such appointment in the actor's own calendar.
        NotBooked, NotTelehealth, JoinNotOpen, JoinClosed: as for the client.
        NoRoom: the clinician has no room.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    rooms: TelehealthRooms

    async def __call__(self, actor: Actor, appointment_id: UUID) -> VideoVisitLinkView:
        async with self.begin(actor) as unit:
            member = require_staff(actor, "clinician")
            booking = await unit.appointments.get_for_practice(appointment_id)
            clinician = await unit.directory.clinician(member.clinician_id) if member.clinician_id else None
            if booking is None or clinician is None or booking.appointment.clinician_id != clinician.id:
                raise NotFound("appointment", appointment_id)
            require_open_room(booking.appointment, self.clock.now())
            await unit.audit.record(AuditEntry("video_visit.started", appointment_id))
            await unit.commit(None)
        video_visit = video_visit_for(booking.appointment, clinician.name, clinician.room_link, moderator=True)
        return await create_room_link(self.rooms, video_visit, booking.appointment)
