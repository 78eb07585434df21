"""A client joins a video visit."""

from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.check_in import CheckIn
from portal_core.appointments.errors import NotBooked
from portal_core.appointments.ports import AppointmentUnit, TelehealthRooms
from portal_core.appointments.video_visits import create_room_link, require_open_room, video_visit_for
from portal_core.appointments.views import VideoVisitLinkView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.contact import phone_number_with_extension
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import multi_line_text
from portal_core.kernel.uow import Begin

MAX_CLIENT_LOCATION_LENGTH = 500


def _location_text(text: str) -> str:
    return multi_line_text(text, "client_location", MAX_CLIENT_LOCATION_LENGTH)


def callback_number(text: str) -> str:
    """The number to call back, in E.164, with its extension if there is one.

    A local number without an area code is refused: the clinician, who dials it in an emergency, may be elsewhere.

    Raises:
        Invalid: `phone_invalid`.
    """
    return phone_number_with_extension(text, "callback")


@frozen(kw_only=True)
class JoinVideoVisitCommand:
    """The client's current location and callback number; asked for at each visit (see `CheckIn`).

    Raises:
        Invalid: a missing or invalid location, or an invalid phone number.
    """

    appointment_id: UUID
    client_location: str = field(converter=_location_text)
    callback: str = field(converter=callback_number)


@frozen
class JoinVideoVisit:
    """Returns a short-lived link into the room, from 15 minutes before the start to the end.

    For clients, and proxies with write access. The client's location is saved before the link is requested.

    Raises:
        NotFound: no such appointment on this record.
        NotBooked: it is cancelled or closed.
        NotTelehealth: it is at a location.
        JoinNotOpen, JoinClosed: outside of that time.
        NoRoom: the clinician has no room.
        RecordDestroyed: the record's key was destroyed, so the client's location cannot be stored.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    rooms: TelehealthRooms

    async def __call__(self, actor: Actor, command: JoinVideoVisitCommand) -> VideoVisitLinkView:
        appointment_id = command.appointment_id
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            booking = await unit.appointments.get(client_id, appointment_id)
            if booking is None:
                raise NotFound("appointment", appointment_id)
            now = self.clock.now()
            if booking.attendance_of(client_id).status != "attending":
                raise NotBooked
            require_open_room(booking.appointment, now)
            clients = await unit.directory.clients([client_id])
            clinician = await unit.directory.clinician(booking.appointment.clinician_id)
            assert clinician is not None, "an appointment is with a clinician of the practice"
            check_in = CheckIn(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                appointment_id=appointment_id,
                client_id=client_id,
                client_location=command.client_location,
                callback=command.callback,
                joined_at=now,
            )
            await unit.check_ins.add(check_in, AuditEntry("video_visit.joined", appointment_id, record=client_id))
            await unit.commit(None)
        video_visit = video_visit_for(booking.appointment, clients[client_id].name, clinician.room_link)
        return await create_room_link(self.rooms, video_visit, booking.appointment)
