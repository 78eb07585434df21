"""The clinician's own room, wherever that is: no account anywhere."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from attrs import define

from portal_core.appointments.errors import NoRoom
from portal_core.appointments.ports import TelehealthRooms, Visit


@define
class ClinicianRooms(TelehealthRooms):
    """Answers the link that the practice gave for the clinician, until the session ends: we cannot close the room."""

    async def link(self, visit: Visit, *, lasts: timedelta) -> tuple[str, datetime]:
        if not _opens_safely(visit.clinician_link):
            raise NoRoom
        return visit.clinician_link, visit.ends_at


def _opens_safely(link: str) -> bool:
    """Whether a browser may be sent there: https to a named host, with no sign-in and no odd character in it."""
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme == "https" and bool(host) and "@" not in parts.netloc and link.isprintable() and " " not in link
