"""Only names of the IANA database are time zones, not other files in its folder."""

from zoneinfo import ZoneInfo, available_timezones

import pytest

from portal_core.kernel.time_zones import iana_time_zone


@pytest.mark.parametrize("name", ["America/New_York", "Pacific/Chatham", "UTC"])
def test_time_zone_is_found_by_name(name: str) -> None:
    assert iana_time_zone(name) == ZoneInfo(name)


@pytest.mark.parametrize(
    "name",
    ["localtime", "posixrules", "Factory", "right/UTC", "posix/UTC", "Mars/Olympus", "../UTC", "/UTC", "U\x00", ""],
)
def test_unknown_time_zone_name_is_none(name: str) -> None:
    assert iana_time_zone(name) is None


def test_every_listed_time_zone_is_found_except_machine_dependent_ones() -> None:
    listed = {name for name in available_timezones() if iana_time_zone(name) is None}
    assert listed <= {"localtime", "posixrules", "Factory"}
