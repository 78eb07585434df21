"""Time zones by their names."""

from zoneinfo import ZoneInfo

# Files beside the tz database's zones: the machine's own, one that says nothing, and others that count leap seconds.
_NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})
_NO_FOLDERS = ("posix/", "right/")


def iana_time_zone(name: str) -> ZoneInfo | None:
    """The zone of this name in the IANA time zone database; None when there is none."""
    if name in _NO_ZONES or name.startswith(_NO_FOLDERS):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
