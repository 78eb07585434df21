"""The clinician's own room, wherever that is: no account anywhere."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from attrs import define

from portal_core.appointments.errors import NoRoom
from portal_core.appointments.ports import TelehealthRooms, VideoVisit


@define
class ClinicianRooms(TelehealthRooms):
    """Answers the link that the practice gave for the clinician, until the session ends: we cannot close the room."""

    async def link(self, video_visit: VideoVisit, *, valid_for: timedelta) -> tuple[str, datetime]:
        link = video_visit.clinician_link
        if link is None or not _is_safe_link(link):
            raise NoRoom
        return link, video_visit.ends_at


def _is_safe_link(link: str) -> bool:
    """Whether a browser may be sent there: https to a named host, with no sign-in and no odd character in it."""
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme == "https" and bool(host) and "@" not in parts.netloc and link.isprintable() and " " not in link
