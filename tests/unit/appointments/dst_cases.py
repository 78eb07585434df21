"""Nights on which clocks change, and minutes around them, for the scheduling tests."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from portal_core.kernel.time_zones import zone_info

NEW_YORK, LONDON, LORD_HOWE = "America/New_York", "Europe/London", "Australia/Lord_Howe"
APIA, ST_JOHNS, KATHMANDU = "Pacific/Apia", "America/St_Johns", "Asia/Kathmandu"
HAVANA = "America/Havana"

SPRING = date(2026, 3, 8)
AUTUMN = date(2026, 11, 1)
HAVANA_AUTUMN = date(2025, 11, 2)  # the last: Cuba keeps its summer time since 2026

DST_NIGHTS = [
    (NEW_YORK, SPRING),
    (NEW_YORK, AUTUMN),
    (LONDON, date(2026, 3, 29)),
    (LONDON, date(2026, 10, 25)),
    (LORD_HOWE, date(2026, 4, 5)),  # half an hour back
    (LORD_HOWE, date(2026, 10, 4)),  # half an hour ahead
    (APIA, date(2011, 12, 30)),  # a skipped calendar day
    (APIA, date(2020, 9, 27)),
    (APIA, date(2021, 4, 4)),
    (ST_JOHNS, SPRING),
    (ST_JOHNS, AUTUMN),
    (KATHMANDU, date(2026, 5, 1)),  # no DST; offset not in whole or half hours
    (HAVANA, SPRING),  # midnight itself is in the gap
    (HAVANA, HAVANA_AUTUMN),  # midnight occurs twice
]
ODD_DST_NIGHTS = [
    (ST_JOHNS, date(2006, 4, 2)),  # the change is at one minute past midnight
    (ST_JOHNS, date(2006, 10, 29)),  # from one minute past midnight back into the previous day
]

CLINICIAN_ID, OTHER_CLINICIAN_ID = UUID(int=1), UUID(int=2)
OFFICE_ID, ANNEX_ID = UUID(int=11), UUID(int=12)
APPOINTMENT_TYPE_ID, INTAKE_TYPE_ID = UUID(int=21), UUID(int=22)


@lru_cache(maxsize=64)
def minutes_around(time_zone: str, day: date, every: int = 1) -> list[tuple[datetime, datetime]]:
    """Instants at a fixed interval from two days before to three days after, each with its wall-clock time."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    instants = [start + timedelta(minutes=at) for at in range(0, 5 * 24 * 60, every)]
    return [(instant, to_wall_clock(instant, time_zone)) for instant in instants]


def to_wall_clock(instant: datetime, time_zone: str) -> datetime:
    return instant.astimezone(zone_info(time_zone)).replace(tzinfo=None, fold=0)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def wall(*parts: int, fold: int = 0) -> datetime:
    """A wall-clock time: naive on purpose."""
    return utc(*parts).replace(tzinfo=None, fold=fold)
