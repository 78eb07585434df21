"""Free slots compared with an oracle that checks every five minutes, without spans, sorting or UTC offsets."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from portal_core.appointments.scheduling.availability import (
    AvailabilityException,
    AvailabilityRule,
    Window,
    open_windows,
)
from portal_core.appointments.scheduling.durations import AppointmentTiming, BusyTime
from portal_core.appointments.scheduling.slots import Refusal, free_slots, on_grid, slot_refusal
from portal_core.kernel.time_zones import zone_info
from tests.unit.appointments.dst_cases import (
    ANNEX_ID,
    APPOINTMENT_TYPE_ID,
    CLINICIAN_ID,
    DST_NIGHTS,
    INTAKE_TYPE_ID,
    OFFICE_ID,
    OTHER_CLINICIAN_ID,
    minutes_around,
    to_wall_clock,
    utc,
)

FIVE = timedelta(minutes=5)


def multiples_of_five(minimum: int, maximum: int) -> st.SearchStrategy[timedelta]:
    return st.integers(minimum // 5, maximum // 5).map(lambda n: n * FIVE)


@frozen
class Week:
    """A case: availability and busy times around one night, and the search."""

    time_zone: str
    day: date
    windows: list[Window]
    busy: list[BusyTime]
    timing: AppointmentTiming
    now: datetime
    since: datetime
    until: datetime


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    time_zone, day = draw(st.sampled_from(DST_NIGHTS))
    times = st.integers(0, 47).map(lambda half: time(half // 2, half % 2 * 30))
    clinician_ids = st.sampled_from([CLINICIAN_ID, OTHER_CLINICIAN_ID])
    location_ids = st.sampled_from([None, OFFICE_ID, ANNEX_ID])
    rules, exceptions, busy = [], [], []
    for _ in range(draw(st.integers(1, 5))):
        one, another = draw(times), draw(times)
        rules.append(
            AvailabilityRule(
                id=UUID(int=100),
                clinician_id=draw(clinician_ids),
                weekday=(day.weekday() + draw(st.integers(-1, 1))) % 7,
                start_time=min(one, another),
                end_time=max(one, another) if one != another else time(0),
                time_zone=time_zone,
                location_id=draw(location_ids),
                appointment_type_ids=draw(
                    st.sampled_from(
                        [(), (APPOINTMENT_TYPE_ID,), (INTAKE_TYPE_ID,), (APPOINTMENT_TYPE_ID, INTAKE_TYPE_ID)]
                    )
                ),
                valid_from=date(2000, 1, 1),
            )
        )
    for _ in range(draw(st.integers(0, 2))):
        one, another = draw(times), draw(times)
        exceptions.append(
            AvailabilityException(
                id=UUID(int=200),
                clinician_id=draw(clinician_ids),
                date=day + timedelta(days=draw(st.integers(-1, 1))),
                available=draw(st.booleans()),
                start_time=min(one, another),
                end_time=max(one, another) if one != another else time(0),
                time_zone=time_zone,
                location_id=draw(location_ids),
            )
        )
    midnight = utc(day.year, day.month, day.day)
    for _ in range(draw(st.integers(0, 6))):
        starts_at = midnight + draw(multiples_of_five(-1440, 2 * 1440))
        ends_at = starts_at + draw(multiples_of_five(5, 180))
        busy.append(
            BusyTime(
                draw(clinician_ids), starts_at, ends_at, draw(multiples_of_five(0, 40)), draw(multiples_of_five(0, 40))
            )
        )
    timing = AppointmentTiming(
        appointment_type_id=APPOINTMENT_TYPE_ID,
        duration=draw(multiples_of_five(10, 120)),
        buffer_before=draw(multiples_of_five(0, 40)),
        buffer_after=draw(multiples_of_five(0, 40)),
        slot_step=draw(st.none() | multiples_of_five(5, 120)),
        min_notice=draw(multiples_of_five(0, 600)),
        max_advance_days=draw(st.integers(0, 3)),
    )
    now = midnight + draw(multiples_of_five(-2 * 1440, 600))
    since = midnight + draw(multiples_of_five(-1440, 1440))
    windows = open_windows(rules, exceptions, day - timedelta(days=1), day + timedelta(days=1))
    return Week(time_zone, day, windows, busy, timing, now, since, since + draw(multiples_of_five(0, 2 * 1440)))


ClinicianAndLocation = tuple[UUID, UUID | None]


def open_moments(week: Week) -> dict[ClinicianAndLocation, set[datetime]]:
    """The starts of all five-minute steps that are open for the appointment type."""
    moments: dict[ClinicianAndLocation, set[datetime]] = {}
    for window in week.windows:
        if not window.appointment_type_ids or APPOINTMENT_TYPE_ID in window.appointment_type_ids:
            here = moments.setdefault((window.clinician_id, window.location_id), set())
            for at, _ in minutes_around(week.time_zone, week.day, 5):
                if window.starts_at <= at < window.ends_at:
                    here.add(at)
    return moments


def is_open_throughout(week: Week, moments: set[datetime], at: datetime) -> bool:
    return all(at + n * FIVE in moments for n in range(week.timing.duration // FIVE))


def expected_refusal(week: Week, clinician_id: UUID, moments: set[datetime], at: datetime) -> Refusal | None:
    timing, ends_at = week.timing, at + week.timing.duration
    if at < week.now or at - week.now < timing.min_notice:
        return Refusal.TOO_SOON
    if not is_open_throughout(week, moments, at):
        return Refusal.OUTSIDE_AVAILABILITY
    ahead = to_wall_clock(at, week.time_zone).date() - to_wall_clock(week.now, week.time_zone).date()
    if ahead.days > timing.max_advance_days:
        return Refusal.TOO_FAR
    for one in week.busy:
        if one.clinician_id == clinician_id:
            after_it = at - one.ends_at >= max(one.buffer_after, timing.buffer_before)
            before_it = one.starts_at - ends_at >= max(timing.buffer_after, one.buffer_before)
            if not (after_it or before_it):
                return Refusal.TAKEN
    return None


def on_the_grid(week: Week, moments: set[datetime], at: datetime) -> bool:
    opened = at
    while opened - FIVE in moments:
        opened -= FIVE
    wall, origin = to_wall_clock(at, week.time_zone), to_wall_clock(opened, week.time_zone)
    if wall.date() != origin.date():
        origin = datetime.combine(wall.date(), time.min)
    return not (wall - origin) % week.timing.step


@settings(max_examples=80, deadline=None)
@given(weeks())
def test_free_slots_match_oracle(week: Week) -> None:
    expected = {
        ((clinician_id, location_id), at)
        for (clinician_id, location_id), moments in open_moments(week).items()
        for at in moments
        if week.since <= at < week.until
        and on_the_grid(week, moments, at)
        and expected_refusal(week, clinician_id, moments, at) is None
    }
    listed = free_slots(week.windows, week.busy, week.timing, week.now, week.since, week.until)
    assert [((slot.clinician_id, slot.location_id), slot.starts_at) for slot in listed] == sorted(
        expected, key=lambda one: (one[1], str(one[0]))
    )
    assert all(slot.ends_at - slot.starts_at == week.timing.duration for slot in listed)


@settings(max_examples=40, deadline=None)
@given(weeks(), st.integers(0, 6))
def test_slot_refusal_and_on_grid_match_oracle(week: Week, offset: int) -> None:
    listed = free_slots(week.windows, week.busy, week.timing, week.now, week.since, week.until)
    for (clinician_id, location_id), moments in open_moments(week).items():
        windows = [one for one in week.windows if (one.clinician_id, one.location_id) == (clinician_id, location_id)]
        busy = [one for one in week.busy if one.clinician_id == clinician_id]
        for at, _ in minutes_around(week.time_zone, week.day, 5)[offset::7]:
            assert slot_refusal(at, week.timing, windows, busy, week.now) == expected_refusal(
                week, clinician_id, moments, at
            )
            offered = is_open_throughout(week, moments, at) and on_the_grid(week, moments, at)
            assert on_grid(at, week.timing, windows) == offered
        for slot in listed:
            if (slot.clinician_id, slot.location_id) == (clinician_id, location_id):
                assert slot_refusal(slot.starts_at, week.timing, windows, busy, week.now) is None
                assert on_grid(slot.starts_at, week.timing, windows)


@settings(max_examples=40, deadline=None)
@given(weeks(), st.sampled_from(DST_NIGHTS))
def test_slots_do_not_depend_on_input_time_zone(week: Week, elsewhere: tuple[str, date]) -> None:
    there = zone_info(elsewhere[0])
    listed = free_slots(week.windows, week.busy, week.timing, week.now, week.since, week.until)
    asked = [at.astimezone(there) for at in (week.now, week.since, week.until)]
    busy = [
        BusyTime(
            one.clinician_id,
            one.starts_at.astimezone(there),
            one.ends_at.astimezone(there),
            one.buffer_before,
            one.buffer_after,
        )
        for one in week.busy
    ]
    seen = free_slots(week.windows, busy, week.timing, *asked)
    assert seen == listed
    assert all(slot.starts_at.utcoffset() == slot.ends_at.utcoffset() == timedelta() for slot in seen)


@settings(max_examples=40, deadline=None)
@given(weeks())
def test_booked_slots_disappear_and_keep_gaps(week: Week) -> None:
    """Books the first free slot until none is left: neighbors keep the larger buffer, and no larger gap is required."""
    week = evolve(week, busy=[], timing=evolve(week.timing, slot_step=FIVE))
    gap = max(week.timing.buffer_before, week.timing.buffer_after)
    left = None
    while listed := free_slots(week.windows, week.busy, week.timing, week.now, week.since, week.until):
        assert left is None or len(listed) < left
        left = len(listed)
        first = listed[0]
        week.busy.append(
            BusyTime(
                first.clinician_id,
                first.starts_at,
                first.ends_at,
                week.timing.buffer_before,
                week.timing.buffer_after,
            )
        )
    for clinician_id in (CLINICIAN_ID, OTHER_CLINICIAN_ID):
        booked = sorted((b.starts_at, b.ends_at) for b in week.busy if b.clinician_id == clinician_id)
        for (_, ended), (begins, _) in pairwise(booked):
            assert begins - ended >= gap


@settings(max_examples=40, deadline=None)
@given(weeks(), st.data())
def test_split_search_equals_whole_search(week: Week, data: st.DataObject) -> None:
    middle = data.draw(st.datetimes(week.since.replace(tzinfo=None), week.until.replace(tzinfo=None)))
    cut = middle.replace(tzinfo=week.since.tzinfo)

    def ask(since: datetime, until: datetime) -> list[datetime]:
        found = free_slots(week.windows, week.busy, week.timing, week.now, since, until)
        return [slot.starts_at for slot in found]

    assert ask(week.since, cut) + ask(cut, week.until) == ask(week.since, week.until)
