"""Contract of series. Subclasses provide a `world`."""

from datetime import datetime

import pytest
from attrs import evolve

from portal_core.appointments.series import Series
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from tests.support.contracts.appointments.world import AUDIT_ENTRY, ZONE, AppointmentsWorld, new_york


class SeriesContract:
    """The contract of `SeriesRepository`."""

    async def _series(self, world: AppointmentsWorld) -> Series:
        return Series(
            id=world.ids.new(),
            practice_id=world.practice_id,
            clinician_id=await world.add_clinician(),
            appointment_type_id=(await world.add_appointment_type("Group", seats=8)).id,
            location_id=(await world.add_location()).id,
            first_start=datetime(2026, 3, 3, 9, 30),  # noqa: DTZ001
            time_zone=ZONE,
            interval_weeks=2,
            weeks=10,
            created_at=world.clock.now(),
        )

    async def test_round_trip_and_stale_version(self, world: AppointmentsWorld) -> None:
        series = await self._series(world)
        async with world.begin(world.front_desk) as unit:
            await unit.series.add(series, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            assert await unit.series.get(series.id) == series
            assert await unit.series.get(world.ids.new()) is None
            await unit.series.save(series.end(), AUDIT_ENTRY)
            assert await unit.series.get(series.id) == series.end()
            with pytest.raises(StaleVersion):
                await unit.series.save(series.end(), AUDIT_ENTRY)
            given = series.end().with_clinician(await world.add_clinician("Dr. Green"))
            await unit.series.save(given, AUDIT_ENTRY)
            assert await unit.series.get(series.id) == given
        other = await world.other_practice()
        async with other.begin(other.front_desk) as unit:
            assert await unit.series.get(series.id) is None

    async def test_extended_and_moved_series_round_trip(self, world: AppointmentsWorld) -> None:
        series, green = await self._series(world), await world.add_clinician("Dr. Green")
        moved = series.extend(4).move(
            first_date=3,
            first_start=datetime(2026, 4, 16, 16),  # noqa: DTZ001
            time_zone="America/Chicago",
            clinician_id=green,
            location_id=None,
        )
        async with world.begin(world.front_desk) as unit:
            await unit.series.add(series, AUDIT_ENTRY)
            await unit.series.save(series.extend(4), AUDIT_ENTRY)
            await unit.series.save(moved, AUDIT_ENTRY)
            assert await unit.series.get(series.id) == moved
        assert (moved.weeks, moved.version) == (8, 3)

    async def test_active_series_of_a_place_follow_its_zone(self, world: AppointmentsWorld) -> None:
        office = await self._series(world)
        online, other = evolve(office, id=world.ids.new(), location_id=None), await self._series(world)
        also, ended = evolve(office, id=world.ids.new()), evolve(office, id=world.ids.new(), status="ended")
        async with world.begin(world.front_desk) as unit:
            for one in (office, online, other, also, ended):
                await unit.series.add(one, AUDIT_ENTRY)
            await unit.commit(None)
        there = sorted([office, also], key=lambda one: one.id)
        moved = [one.in_zone("America/Chicago", world.clock.now(), keep_instant=True) for one in there]
        entries = [AuditEntry("test.followed", one.id) for one in there]
        async with world.begin(world.system) as unit:
            assert await unit.series.active_at(office.location_id) == there
            assert await unit.series.active_at(None) == [online]
            assert await unit.series.active_with(office.clinician_id) == sorted(
                (one for one in (online, office, also, other) if one.clinician_id == office.clinician_id),
                key=lambda one: one.id,
            )
            await unit.series.save_all(moved, *entries)
            assert await unit.series.active_at(office.location_id) == moved
            assert [await unit.series.get(one.id) for one in (online, other, ended)] == [online, other, ended]
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(world.system) as unit:
                await unit.series.save_all([*moved[:1], evolve(there[1], version=3)], *entries)
        assert [one.target for one in await world.audit() if one.action == "test.followed"] == [one.id for one in there]
        practice = await world.other_practice()
        async with practice.begin(practice.front_desk) as unit:
            assert await unit.series.active_at(office.location_id) == await unit.series.active_at(None) == []

    async def test_bookings_are_ordered_by_start_and_include_cancelled(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client(given="Bob")
        clinician, appointment_type, series_id = (
            await world.add_clinician(),
            await world.add_appointment_type(seats=8),
            world.ids.new(),
        )
        later = await world.add_booking(clinician, appointment_type, new_york(10, 10), ann, bob, series_id=series_id)
        first = await world.add_booking(clinician, appointment_type, new_york(3, 10), ann, series_id=series_id)
        await world.add_booking(clinician, appointment_type, new_york(4, 10), ann)
        cancelled = first.cancel(at=world.clock.now(), reason="Holiday")
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(cancelled, AUDIT_ENTRY)
            found = await unit.series.bookings(series_id)
        assert [one.appointment for one in found] == [cancelled.appointment, later.appointment]
        assert found[0].attendances == cancelled.attendances
        assert {one.client_id for one in found[1].attendances} == {ann, bob}
