"""Appointments follow the address, name and time zone of their location."""

from datetime import datetime, time, timedelta

import pytest
import pytest_asyncio
from attrs import define, evolve

from portal_core.appointments.model import Booking
from portal_core.appointments.option_views import ChangedLocationView
from portal_core.appointments.scheduling.wall_clock import LocalDateTime, first_instant
from portal_core.appointments.settings import Location
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeriesCommand
from portal_core.appointments.use_cases.define_location import DefineLocation, DefineLocationCommand
from portal_core.appointments.use_cases.publish_availability import (
    Opening,
    PublishAvailability,
    PublishAvailabilityCommand,
)
from tests.support.contracts.appointments.world import AUDIT_ENTRY, ZONE, ids_of, new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.series_setup import appointments_of, book, extend, move

CHICAGO = "America/Chicago"


@define
class Office:
    """A location where Dr. Grey sees Ann and Bob; it is Monday, 2 March 2026, 10:00."""

    scenario: BookingScenario
    location: Location

    async def change(self, **changes: object) -> ChangedLocationView:
        one = self.location
        values = {"name": one.name, "time_zone": one.time_zone, "address": one.address, **changes}
        command = DefineLocationCommand(location_id=one.id, **values)  # type: ignore[arg-type]
        world = self.scenario.world
        return await DefineLocation(world.begin, world.clock, world.ids)(world.as_staff("administrator"), command)

    async def book(self, at: datetime, *clients: str, elsewhere: bool = False) -> Booking:
        return await self.scenario.world.add_booking(
            self.scenario.grey,
            self.scenario.appointment_type,
            at,
            *(getattr(self.scenario, one).client_id for one in clients or ("ann",)),
            location_id=None if elsewhere else self.location.id,
        )

    async def now(self, booking: Booking) -> Booking:
        async with self.scenario.world.begin(self.scenario.world.front_desk) as unit:
            found = await unit.appointments.get_for_practice(booking.appointment.id)
        assert found is not None
        return found

    async def event(self, booking: Booking) -> dict[str, str]:
        """The lines of Ann's calendar file that a change of it raises."""
        self.scenario.world.clock.advance(timedelta(minutes=1))
        file = await self.scenario.use_cases.export(self.scenario.ann, booking.appointment.id)
        lines = dict(line.split(":", 1) for line in file.content.splitlines())
        return {name: lines[name] for name in ("SEQUENCE", "LAST-MODIFIED", "DTSTART")}

    async def told(self) -> list[object]:
        return [
            one.to_client or one.to_account
            for one in await self.scenario.world.notices()
            if one.kind == "appointments_changed"
        ]


@pytest_asyncio.fixture
async def office(scenario: BookingScenario) -> Office:
    return Office(scenario, await scenario.world.add_location(address="1 Elm Street"))


async def test_new_address_raises_sequence_and_stamps_of_what_is_to_come(office: Office) -> None:
    clock = office.scenario.world.clock
    past, first, second = [await office.book(new_york(day, 9)) for day in (2, 4, 3)]
    other, online = await office.book(new_york(5, 9), "bob"), await office.book(new_york(6, 9), elsewhere=True)
    cancelled = await office.book(new_york(4, 15))
    await office.scenario.use_cases.cancel(
        office.scenario.ann, CancelAppointmentCommand(appointment_id=cancelled.appointment.id)
    )
    before = {one.appointment.id: await office.event(one) for one in (past, first, second, online, cancelled)}
    clock.advance(timedelta(minutes=1))
    view = await office.change(address="2 Oak Street")
    assert ids_of(view.changed) == (second.appointment.id, first.appointment.id, other.appointment.id)
    assert ids_of(view.conflicts) == ()
    for one in (past, online, cancelled):
        assert await office.event(one) == before[one.appointment.id]
    for one in (first, second):
        old, new = before[one.appointment.id], await office.event(one)
        assert int(new["SEQUENCE"]) == int(old["SEQUENCE"]) + 1
        assert new["LAST-MODIFIED"] > old["LAST-MODIFIED"]
        assert new["DTSTART"] == old["DTSTART"]
        saved = (await office.now(one)).appointment
        assert saved == evolve(one.appointment, version=2, sequence=1, changed_at=saved.changed_at)
    ann, bob = office.scenario.ann.client_id, office.scenario.bob.client_id
    assert await office.told() == [*sorted([ann, bob]), office.scenario.grey_account_id], "once, however many"


async def test_client_who_cancelled_sees_no_later_change(office: Office) -> None:
    shared = await office.book(new_york(4, 9), "ann", "bob")
    left = shared.leave(office.scenario.ann.client_id, at=office.scenario.world.clock.now(), reason=None)
    async with office.scenario.world.begin(office.scenario.world.front_desk) as unit:
        await unit.appointments.save(left, AUDIT_ENTRY)
        await unit.commit(None)
    before = await office.event(shared)
    office.scenario.world.clock.advance(timedelta(minutes=1))
    assert ids_of((await office.change(address="2 Oak Street")).changed) == (shared.appointment.id,)
    assert await office.event(shared) == before
    assert office.scenario.ann.client_id not in await office.told()


async def test_same_location_changes_nothing(office: Office) -> None:
    booking = await office.book(new_york(4, 9))
    view = await office.change()
    assert (ids_of(view.changed), ids_of(view.conflicts)) == ((), ())
    assert await office.now(booking) == booking
    assert await office.told() == []


async def test_appointments_at_a_closed_location_are_listed(office: Office) -> None:
    later, sooner = await office.book(new_york(4, 9)), await office.book(new_york(3, 9))
    view = await office.change(active=False)
    assert (ids_of(view.changed), ids_of(view.conflicts)) == ((), (sooner.appointment.id, later.appointment.id))
    assert await office.now(later) == later
    moved = await office.change(active=False, address="2 Oak Street")
    assert moved.changed == moved.conflicts == view.conflicts


async def test_new_zone_keeps_the_time_on_the_wall(office: Office) -> None:
    """Before and after the clocks go forward on 8 March; one appointment takes the other's old time."""
    first, second, summer = [await office.book(at) for at in (new_york(4, 9), new_york(4, 10), new_york(10, 9))]
    view = await office.change(time_zone=CHICAGO)
    assert ids_of(view.changed) == tuple(one.appointment.id for one in (first, second, summer))
    for one in (first, second, summer):
        saved = (await office.now(one)).appointment
        assert saved.starts_at == first_instant(one.appointment.local_starts_at, CHICAGO)
        assert saved.starts_at == one.appointment.starts_at + timedelta(hours=1)
        assert (saved.time_zone, saved.local_starts_at) == (CHICAGO, one.appointment.local_starts_at)
        assert saved.ends_at - saved.starts_at == timedelta(hours=1)
    async with office.scenario.world.begin(office.scenario.world.front_desk) as unit:
        clinician, now = office.scenario.grey, office.scenario.world.clock.now()
        entries = await unit.calendar.busy([clinician], new_york(1, 0), new_york(30, 0), now)
    assert [one.starts_at for one in entries] == [new_york(4, 10), new_york(4, 11), new_york(10, 10)]
    assert await office.told() == [office.scenario.ann.client_id, office.scenario.grey_account_id]
    moved = [one for one in await office.scenario.world.audit() if one.action == "appointment.moved_in_bulk"]
    ann = office.scenario.ann.client_id
    assert [(one.target, one.record) for one in moved] == [(one, ann) for one in ids_of(view.changed)]


async def test_new_zone_can_keep_the_instant(office: Office) -> None:
    booking = await office.book(new_york(4, 9))
    assert ids_of((await office.change(time_zone=CHICAGO, keep="instant")).changed) == (booking.appointment.id,)
    saved = (await office.now(booking)).appointment
    assert (saved.starts_at, saved.local_starts_at.hour, saved.time_zone) == (new_york(4, 9), 8, CHICAGO)


async def test_what_cannot_keep_its_time_stays_and_is_listed(office: Office) -> None:
    """A video visit is in the way of the second, which then is in the way of the first."""
    first, second, third = [await office.book(new_york(4, hour)) for hour in (9, 10, 13)]
    online = await office.book(new_york(4, 11), elsewhere=True)
    await office.scenario.world.occupy(
        office.scenario.world.calendar_entry(office.scenario.grey, new_york(4, 14), 60, purpose="block")
    )
    view = await office.change(time_zone=CHICAGO)
    assert ids_of(view.conflicts) == (first.appointment.id, second.appointment.id)
    assert ids_of(view.changed) == (third.appointment.id,), "a block is no obstacle"
    for one in (first, second, online):
        assert await office.now(one) == one


async def test_nothing_moves_into_the_past(office: Office) -> None:
    soon = await office.book(new_york(2, 11))
    view = await office.change(time_zone="Europe/Vienna")
    assert (ids_of(view.changed), ids_of(view.conflicts)) == ((), (soon.appointment.id,))
    assert (await office.now(soon)).appointment.time_zone == ZONE


@pytest.mark.parametrize(
    ("keep", "starts", "first_start"),
    [
        ("wall_time", [first_instant(datetime(2026, 3, day, 10), CHICAGO) for day in (3, 10, 17)], 10),  # noqa: DTZ001
        ("instant", [new_york(3, 10), new_york(10, 10), new_york(17, 10)], 9),
    ],
)
async def test_series_follow_the_zone_of_their_location(
    office: Office, keep: str, starts: list[datetime], first_start: int
) -> None:
    scenario = office.scenario
    view = await book(scenario, 2, location_id=office.location.id, outside_hours=True)
    other = await book(scenario, 1, first_start=datetime(2026, 3, 4, 15))  # noqa: DTZ001
    await office.change(time_zone=CHICAGO, keep=keep)
    series = await scenario.use_cases.get_series(scenario.world.front_desk, view.id)
    assert (series.time_zone, series.first_start, series.version) == (
        CHICAGO,
        LocalDateTime(datetime(2026, 3, 3, first_start)),  # noqa: DTZ001
        2,
    )
    assert await scenario.use_cases.get_series(scenario.world.front_desk, other.id) == other
    extended = await extend(scenario, series, count=1, outside_hours=True)
    known = {one.id: one.starts_at for one in await appointments_of(scenario, scenario.ann)}
    assert [known[one] for one in ids_of(extended.appointments)] == starts
    moved = await move(
        scenario,
        series,
        datetime(2026, 3, 3, 15),  # noqa: DTZ001
        location_id=office.location.id,
        outside_hours=True,
    )
    assert (len(moved.appointments), moved.refused, moved.not_moved) == (3, (), ())


@pytest.mark.parametrize(("keep", "first_start"), [("wall_time", 10), ("instant", 9)])
async def test_series_without_a_date_to_come_follow_their_location(office: Office, keep: str, first_start: int) -> None:
    scenario = office.scenario
    desk = scenario.world.front_desk
    view = await book(scenario, 2, location_id=office.location.id, outside_hours=True)
    ended = await book(
        scenario,
        1,
        location_id=office.location.id,
        outside_hours=True,
        first_start=datetime(2026, 3, 4, 15),  # noqa: DTZ001
    )
    ended = await scenario.use_cases.cancel_series(desk, CancelSeriesCommand(series_id=ended.id))
    scenario.world.clock.at = new_york(12, 9)
    changed = await office.change(time_zone=CHICAGO, keep=keep)
    assert (ids_of(changed.changed), ids_of(changed.conflicts)) == ((), ())
    series = await scenario.use_cases.get_series(desk, view.id)
    assert (series.time_zone, series.first_start.hour, series.version) == (CHICAGO, first_start, 2)
    assert await scenario.use_cases.get_series(desk, ended.id) == ended
    extended = await extend(scenario, series, count=1, outside_hours=True)
    known = {one.id: one.starts_at for one in await appointments_of(scenario, scenario.ann)}
    next_start = datetime(2026, 3, 17, first_start)  # noqa: DTZ001
    assert known[extended.appointments[-1].id] == first_instant(next_start, CHICAGO)
    audited = [one for one in await scenario.world.audit() if one.action == "series.time_zone_changed"]
    assert [one.target for one in audited] == [view.id]


async def test_hours_for_video_visits_stay_in_the_zone_of_the_practice_and_the_answer_says_so(office: Office) -> None:
    world, grey = office.scenario.world, office.scenario.grey
    gone = await world.add_clinician("Dr. Brown", active=False)
    for clinician_id, places in ((grey, (office.location.id, None)), (gone, (office.location.id, None))):
        week = tuple(Opening(weekday=0, start_time=time(9), end_time=time(17), location_id=one) for one in places)
        command = PublishAvailabilityCommand(clinician_id=clinician_id, openings=week)
        await PublishAvailability(world.begin, world.clock, world.ids)(world.front_desk, command)
    green = await world.add_clinician("Dr. Green")
    await world.open_week(green)
    view = await office.change(time_zone=CHICAGO)
    assert ([one.id for one in view.online_hours_kept], view.practice_time_zone) == ([grey], ZONE)
    hours = await office.scenario.use_cases.get_availability(world.front_desk, grey)
    assert {one.location_id: one.time_zone for one in hours.rules} == {office.location.id: CHICAGO, None: ZONE}
    assert (await office.change(time_zone=CHICAGO, name="Oak")).online_hours_kept == ()
    assert (await office.change(time_zone=ZONE)).online_hours_kept == (), "as the practice"
