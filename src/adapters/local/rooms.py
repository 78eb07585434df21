"""The clinician's own video room at any provider, for practices without an account anywhere."""

from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from attrs import define

from portal_core.appointments.errors import NoRoom
from portal_core.appointments.ports import TelehealthRooms, VideoVisit


@define
class ClinicianRooms(TelehealthRooms):
    """Returns the clinician's stored link until the end of the visit, since the portal cannot close the room."""

    needs_clinician_link: ClassVar = True

    async def link(self, video_visit: VideoVisit, *, valid_for: timedelta) -> tuple[str, datetime]:
        link = video_visit.clinician_link
        if link is None or not _is_safe_link(link):
            raise NoRoom
        return link, video_visit.ends_at


def _is_safe_link(link: str) -> bool:
    """Whether a browser can be sent there: https to a host, without credentials, spaces or unprintable characters."""
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme == "https" and bool(host) and "@" not in parts.netloc and link.isprintable() and " " not in link
