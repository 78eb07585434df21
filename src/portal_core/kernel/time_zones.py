"""Time zones by IANA name, with the rules of the package `tzdata`.

Not `ZoneInfo(name)`, which asks the machine's files first: if they are older than a change of the law, times are wrong
by an hour. Nor `zoneinfo.reset_tzpath(())`, which would also change the rules of the program that uses this package.
"""

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import tzdata

from portal_core.kernel.errors import Invalid


@cache
def time_zone_names() -> frozenset[str]:
    """The name of every time zone in the IANA database."""
    # "Factory" stands for a machine whose zone nobody has set.
    return frozenset(files(tzdata).joinpath("zones").read_text("ascii").split()) - {"Factory"}


def zone_info(name: str, path: str = "time_zone") -> ZoneInfo:
    """The rules of the zone of this name, which the field `path` holds. It is the same object for every call.

    It cannot be pickled or copied, because it is not of the cache in `zoneinfo`: keep its `key` instead.

    Raises:
        Invalid: `time_zone_unknown`. The IANA database has no zone of this name.
    """
    try:
        return _zone(name)
    except KeyError:
        raise Invalid.at(path, "time_zone_unknown", "Enter an IANA time zone name, such as America/New_York.") from None


@cache
def _zone(name: str) -> ZoneInfo:
    # Unbounded, since times of two objects for one zone would be compared in another way than times of one. An error is
    # not cached, so that unknown names take no memory.
    if name not in time_zone_names():
        raise KeyError(name)
    with files(tzdata).joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)
