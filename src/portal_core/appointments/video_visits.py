"""When a video room is open, and the link into it; shared by clients and clinicians."""

from datetime import datetime, timedelta

from portal_core.appointments.errors import JoinClosed, JoinNotOpen, NotBooked, NotTelehealth
from portal_core.appointments.model import Appointment
from portal_core.appointments.ports import TelehealthRooms, VideoVisit
from portal_core.appointments.scheduling.deadlines import join_window
from portal_core.appointments.views import VideoVisitLinkView

LINK_LIFETIME = timedelta(minutes=5)
"""A participant who joins later asks for a new link."""


def require_open_room(appointment: Appointment, now: datetime) -> None:
    """Check that the appointment is a booked video visit and its room is open.

    Raises:
        NotBooked: it is cancelled, completed or a no-show.
        NotTelehealth: it is at a location.
        JoinNotOpen, JoinClosed: before 15 minutes before the start, or after the end.
    """
    if appointment.status != "booked":
        raise NotBooked
    if not appointment.telehealth:
        raise NotTelehealth
    opens_at, closes_at = join_window(appointment.starts_at, appointment.ends_at)
    if now < opens_at:
        raise JoinNotOpen
    if now >= closes_at:
        raise JoinClosed


def video_visit_for(appointment: Appointment, name: str, link: str | None, *, moderator: bool = False) -> VideoVisit:
    """The data that the room needs about this participant."""
    opens_at, ends_at = join_window(appointment.starts_at, appointment.ends_at)
    return VideoVisit(
        room=appointment.room,
        display_name=name,
        clinician_link=link,
        opens_at=opens_at,
        ends_at=ends_at,
        moderator=moderator,
    )


async def create_room_link(
    rooms: TelehealthRooms, video_visit: VideoVisit, appointment: Appointment
) -> VideoVisitLinkView:
    """A short-lived link into the room. Raises NoRoom."""
    url, expires_at = await rooms.link(video_visit, valid_for=LINK_LIFETIME)
    return VideoVisitLinkView(
        url=url, expires_at=expires_at, starts_at=appointment.starts_at, ends_at=appointment.ends_at
    )
