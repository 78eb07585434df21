"""Values survive a round trip through JSON columns."""

from datetime import UTC, datetime, timedelta
from typing import Any

import cattrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.codec import converter
from adapters.postgres.appointments.options import settings_of
from portal_core.appointments.appointment_request import PreferredTime
from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.scheduling.durations import AppointmentTiming
from portal_core.appointments.settings import AppointmentSettings
from portal_core.kernel.money import Money

spans = st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(hours=23, minutes=59))
notices = st.one_of(
    st.timedeltas(min_value=timedelta(), max_value=timedelta(days=30)), st.builds(CalendarDays, st.integers(1, 366))
)
settings = st.builds(
    AppointmentSettings,
    cancel_notice=notices,
    late_cancel=st.sampled_from(["refuse", "allow", "fee"]),
    late_cancel_fee=st.builds(Money, st.integers(1, 10**9), st.sampled_from(["USD", "EUR"])),
    self_booking=st.booleans(),
    hold_duration=spans,
    max_holds_per_client=st.integers(1, 9),
    offer_duration=spans,
    calendar_title=st.text(max_size=40),
    calendar_name=st.text(max_size=40),
)
timings = st.builds(
    AppointmentTiming,
    appointment_type_id=st.uuids(),
    duration=spans,
    buffer_before=spans,
    slot_step=st.none() | spans,
    min_notice=spans,
    max_advance_days=st.integers(0, 3660),
)
starts = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
preferred = st.builds(lambda at, span: PreferredTime(starts_at=at, ends_at=at + span), starts, spans)


def through_json(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(converter.unstructure(value)))


@given(settings)
def test_settings(one: AppointmentSettings) -> None:
    assert converter.structure(through_json(one), AppointmentSettings) == one
    assert settings_of(msgspec.json.encode(converter.unstructure(one)).decode()) == one


@given(timings)
def test_appointment_timing_round_trips(one: AppointmentTiming) -> None:
    assert converter.structure(through_json(one), AppointmentTiming) == one


@given(st.lists(preferred, min_size=1, max_size=3).map(tuple))
def test_preferred_times_round_trip(times: tuple[PreferredTime, ...]) -> None:
    assert converter.structure(through_json(times), tuple[PreferredTime, ...]) == times


def test_what_is_not_named_has_its_default() -> None:
    assert settings_of(None) == AppointmentSettings()
    assert settings_of('{"hold_duration": 300}') == AppointmentSettings(hold_duration=timedelta(minutes=5))
    assert settings_of('{"forgotten": 1}') == AppointmentSettings()


def test_invalid_json_is_refused() -> None:
    with pytest.raises(cattrs.ClassValidationError) as refused:
        settings_of('{"late_cancel": "sometimes"}')
    assert "late_cancel" in str(refused.value.exceptions[0].__notes__)
