"""Time zones by IANA name."""

from zoneinfo import ZoneInfo

# Files in the tz database folder that are not IANA zones: the machine's own zone, a placeholder ("Factory"), and copies
# of every zone with and without leap seconds.
_NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})
_NO_FOLDERS = ("posix/", "right/")


def iana_time_zone(name: str) -> ZoneInfo | None:
    """Return the zone with this name in the IANA time zone database; None when there is none."""
    if name in _NO_ZONES or name.startswith(_NO_FOLDERS):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
