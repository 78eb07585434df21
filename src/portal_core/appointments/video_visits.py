"""When a telehealth room may be entered, and the way in. What clients and clinicians share."""

from datetime import datetime, timedelta

from portal_core.appointments.errors import JoinNotOpen, JoinOver, NotBooked, NotTelehealth
from portal_core.appointments.model import Appointment
from portal_core.appointments.ports import TelehealthRooms, Visit
from portal_core.appointments.scheduling.deadlines import join_window
from portal_core.appointments.views import JoinView

LINK_LASTS = timedelta(minutes=5)
"""Who comes later asks for another one."""


def require_open_room(appointment: Appointment, now: datetime) -> None:
    """Refuses all but a telehealth appointment that is booked, at its time.

    Raises:
        NotBooked, NotTelehealth, JoinNotOpen, JoinOver: as they say.
    """
    if appointment.status != "booked":
        raise NotBooked
    if not appointment.telehealth:
        raise NotTelehealth
    opens_at, closes_at = join_window(appointment.starts_at, appointment.ends_at)
    if now < opens_at:
        raise JoinNotOpen
    if now >= closes_at:
        raise JoinOver


def visit_to(appointment: Appointment, name: str, link: str, *, moderator: bool = False) -> Visit:
    """What the room is told."""
    opens_at, ends_at = join_window(appointment.starts_at, appointment.ends_at)
    return Visit(
        room=appointment.room,
        display_name=name,
        clinician_link=link,
        opens_at=opens_at,
        ends_at=ends_at,
        moderator=moderator,
    )


async def into_room(rooms: TelehealthRooms, visit: Visit, appointment: Appointment) -> JoinView:
    """The way in. Raises NoRoom."""
    url, expires_at = await rooms.link(visit, lasts=LINK_LASTS)
    return JoinView(url=url, expires_at=expires_at, starts_at=appointment.starts_at, ends_at=appointment.ends_at)
