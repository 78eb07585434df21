"""Time zones by IANA name."""

from functools import lru_cache
from zoneinfo import ZoneInfo

from portal_core.kernel.errors import Invalid

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


@lru_cache(maxsize=1024)
def zone_info(name: str, path: str = "time_zone") -> ZoneInfo:
    """The rules of the zone of this name, which the field `path` holds.

    Raises:
        Invalid: `time_zone_unknown`. The IANA database has no zone of this name.
    """
    time_zone = iana_time_zone(name)
    if time_zone is None:
        raise Invalid.at(path, "time_zone_unknown", "Enter an IANA time zone name, such as America/New_York.")
    return time_zone
