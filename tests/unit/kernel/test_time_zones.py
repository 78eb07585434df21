"""Time zones have the rules of the pinned package, whatever the machine says, and only names of the IANA database."""

import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
import tzdata

from portal_core.kernel.errors import Invalid
from portal_core.kernel.time_zones import time_zone_names, zone_info

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_rules_are_of_the_pinned_version(file: str) -> None:
    pinned = re.search(r"^tzdata==(\S+)", (ROOT / file).read_text(), re.MULTILINE)
    assert pinned is not None
    assert pinned[1] == tzdata.__version__


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("America/Vancouver", -7),
        ("America/Edmonton", -6),
        ("America/Winnipeg", -5),
        ("America/Havana", -4),
        ("Africa/Casablanca", 0),
        ("America/New_York", -5),
    ],
)
def test_changes_of_the_law_up_to_2026_are_known(name: str, hours: int) -> None:
    assert datetime(2027, 1, 5, 10, tzinfo=zone_info(name)).utcoffset() == timedelta(hours=hours)


def test_rules_of_the_machine_do_not_matter(tmp_path: Path) -> None:
    utc = files(tzdata).joinpath("zoneinfo", "UTC").read_bytes()
    (tmp_path / "America").mkdir()
    (tmp_path / "America" / "Vancouver").write_bytes(utc)
    script = (
        "from datetime import datetime; from zoneinfo import ZoneInfo; "
        "from portal_core.kernel.time_zones import zone_info; "
        "at = datetime(2027, 1, 5, 10); "
        "print(*(at.replace(tzinfo=zone('America/Vancouver')).isoformat() for zone in (ZoneInfo, zone_info)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONTZPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["2027-01-05T10:00:00+00:00", "2027-01-05T10:00:00-07:00"]


def test_every_time_zone_has_rules_and_its_name() -> None:
    assert len(time_zone_names()) > 500
    assert {zone_info(name).key for name in time_zone_names()} == time_zone_names()


def test_a_time_zone_is_one_object() -> None:
    assert zone_info("UTC") is zone_info("UTC", "locations.0.time_zone")


@pytest.mark.parametrize(
    "name",
    [
        *("localtime", "posixrules", "Factory", "right/UTC", "posix/UTC", "Mars/Olympus", "America", "zone.tab"),
        *("../UTC", "/UTC", "./UTC", "America/../UTC", "America//New_York", "america/new_york", "U\x00", "\ud800", ""),
    ],
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        zone_info(name, "zone")
    assert [(one.path, one.code) for one in refused.value.fields] == [("zone", "time_zone_unknown")]
