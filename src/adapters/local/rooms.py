"""Video visits at each clinician's own link. Needs no vendor account."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from attrs import define

from portal_core.appointments.errors import NoRoom
from portal_core.appointments.ports import TelehealthRooms, VideoVisit


@define
class ClinicianRooms(TelehealthRooms):
    """Returns the clinician's link as the practice entered it, valid until the visit ends.

    The portal cannot close the room.
    """

    async def link(self, video_visit: VideoVisit, *, valid_for: timedelta) -> tuple[str, datetime]:
        if not _is_safe_link(video_visit.clinician_link):
            raise NoRoom
        return video_visit.clinician_link, video_visit.ends_at


def _is_safe_link(link: str) -> bool:
    """Whether a browser may be sent to the link: https to a named host, without credentials or unusual characters."""
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme == "https" and bool(host) and "@" not in parts.netloc and link.isprintable() and " " not in link
