"""Schemas give times the right format: with or without an offset."""

from datetime import datetime, time
from typing import Any, NewType
from uuid import UUID

import msgspec
import pytest
from attrs import frozen

from entrypoints.http.docs.schemas import Schemas
from portal_core.appointments.scheduling.wall_clock import ClockTime

LocalDateTime = NewType("LocalDateTime", datetime)


@frozen
class SeriesView:
    first_start: LocalDateTime
    opens: ClockTime
    ends_at: datetime | None
    name: str | None


class Answer(msgspec.Struct):
    at: datetime
    series: list[SeriesView]
    id: UUID


def test_times_of_answers_are_told_apart() -> None:
    schemas = Schemas([Answer])
    answer, series = (schemas.components[name]["properties"] for name in ("Answer", "SeriesView"))
    assert answer["at"] == {"type": "string", "format": "date-time"}
    assert series["first_start"] == {"type": "string", "format": "date-time-local"}
    assert series["opens"] == {
        "type": "string",
        "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
        "examples": ["09:00"],
    }
    assert series["ends_at"]["anyOf"] == [{"type": "string", "format": "date-time"}, {"type": "null"}]
    assert series["name"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert schemas.components["SeriesView"]["required"] == ["first_start", "opens", "ends_at", "name"]


def test_plain_time_of_day_in_a_view_is_refused() -> None:
    @frozen
    class HoursView:
        opens: time | None

    with pytest.raises(TypeError, match="ClockTime"):
        Schemas([HoursView])


def test_examples_read_back_as_what_they_show() -> None:
    schemas = Schemas([Answer])
    example: Any = schemas.example(schemas.of(Answer))
    assert msgspec.convert(example, Answer).series[0].first_start.isoformat() == "2027-03-16T10:00:00"
