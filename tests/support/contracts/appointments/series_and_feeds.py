"""What every keeper must do with series, check-ins, calendar feeds and reminders. Subclasses give a `world`."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from portal_core.appointments.calendar_feed import FeedToken
from portal_core.appointments.check_in import CheckIn
from portal_core.appointments.series import Series
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from tests.support.contracts.appointments.world import AUDIT_ENTRY, ZONE, AppointmentsWorld, new_york

HOUR = timedelta(hours=1)


class SeriesContract:
    """`SeriesRepository`."""

    async def _series(self, world: AppointmentsWorld) -> Series:
        return Series(
            id=world.ids.new(),
            practice_id=world.practice_id,
            clinician_id=await world.add_clinician(),
            appointment_type_id=(await world.add_appointment_type("Group", seats=8)).id,
            location_id=(await world.add_location()).id,
            first_start=datetime(2026, 3, 3, 9, 30),  # noqa: DTZ001
            time_zone=ZONE,
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
        other = await world.other_practice()
        async with other.begin(other.front_desk) as unit:
            assert await unit.series.get(series.id) is None

    async def test_its_appointments_by_start_cancelled_ones_too(self, world: AppointmentsWorld) -> None:
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


class CheckInsContract:
    """`CheckIns`."""

    def _check_in(self, world: AppointmentsWorld, appointment_id: UUID, client: UUID, after: timedelta) -> CheckIn:
        return CheckIn(
            id=world.ids.new(),
            practice_id=world.practice_id,
            appointment_id=appointment_id,
            client_id=client,
            client_location="Café Größe, 12 Rue d'Été",
            callback="+1 555 0100",
            joined_at=world.clock.now() + after,
        )

    async def test_the_latest_first_and_nobody_elses_for_a_client(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client(given="Bob")
        clinician, appointment_type = await world.add_clinician(), await world.add_appointment_type(seats=2)
        booking = (await world.add_booking(clinician, appointment_type, new_york(3, 10), ann, bob)).appointment.id
        first, second, again = (
            self._check_in(world, booking, client, HOUR * hours) for client, hours in ((ann, 0), (bob, 1), (ann, 2))
        )
        for one in (second, again, first):
            async with world.begin(world.as_client(one.client_id)) as unit:
                await unit.check_ins.add(one, AuditEntry("video_visit.joined", booking, record=one.client_id))
                await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            assert await unit.check_ins.of_appointment(booking) == [again, second, first]
            assert await unit.check_ins.of_appointment(world.ids.new()) == []
        async with world.begin(world.as_client(bob)) as unit:
            assert await unit.check_ins.of_appointment(booking) == [second]
        assert [one.action for one in await world.audit() if one.target == booking] == ["video_visit.joined"] * 3


class FeedsContract:
    """`FeedTokens`."""

    def _token(self, world: AppointmentsWorld, client: UUID, letter: str) -> FeedToken:
        # Hashes are unique over all practices, so the id is part of it.
        new = world.ids.new()
        return FeedToken(
            id=new,
            practice_id=world.practice_id,
            client_id=client,
            account_id=world.ids.new(),
            token_hash=new.bytes + letter.encode() * 16,
            created_at=world.clock.now(),
        )

    async def test_a_new_one_ends_the_one_before(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client(given="Bob")
        first, second, bobs = self._token(world, ann, "a"), self._token(world, ann, "b"), self._token(world, bob, "c")
        for one in (first, bobs, second):
            async with world.begin(world.as_client(one.client_id)) as unit:
                await unit.feeds.replace(one, AUDIT_ENTRY)
                await unit.commit(None)
        async with world.begin(VisitorActor(world.practice_id)) as unit:
            assert await unit.feeds.unscoped_by_hash(first.token_hash) is None
            assert await unit.feeds.unscoped_by_hash(second.token_hash) == second
            assert await unit.feeds.unscoped_by_hash(bobs.token_hash) == bobs
        other = await world.other_practice()
        async with other.begin(VisitorActor(other.practice_id)) as unit:
            assert await unit.feeds.unscoped_by_hash(second.token_hash) is None

    async def test_it_ends_once(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client(given="Bob")
        token = self._token(world, ann, "a")
        async with world.begin(world.as_client(ann)) as unit:
            await unit.feeds.replace(token, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.as_client(bob)) as unit:
            assert not await unit.feeds.remove(bob, AuditEntry("feed.removed"))
            assert not await unit.feeds.remove(ann, AuditEntry("feed.removed"))
            await unit.commit(None)
        async with world.begin(world.as_client(ann)) as unit:
            assert await unit.feeds.remove(ann, AuditEntry("feed.removed"))
            assert not await unit.feeds.remove(ann, AuditEntry("feed.removed"))
            assert await unit.feeds.unscoped_by_hash(token.token_hash) is None
            await unit.commit(None)
        assert [one.action for one in await world.audit()].count("feed.removed") == 1


class RemindersContract:
    """`Reminders`. The lead times are the notifications' own to test; these clients have chosen none."""

    async def test_who_comes_to_what_starts_in_the_span(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client(given="Bob")
        clinician, couple, appointment_type = (
            await world.add_clinician(),
            await world.add_appointment_type(seats=2),
            await world.add_appointment_type(),
        )
        later = await world.add_booking(clinician, couple, new_york(4, 10), ann, bob)
        first = await world.add_booking(clinician, appointment_type, new_york(3, 10), ann)
        gone = await world.add_booking(clinician, appointment_type, new_york(3, 12), bob)
        before = await world.add_booking(clinician, appointment_type, new_york(3, 9), ann)
        after = await world.add_booking(clinician, appointment_type, new_york(4, 11), ann)
        moved = later.reschedule(
            clinician_id=clinician,
            location_id=None,
            starts_at=new_york(4, 10, 30),
            ends_at=new_york(4, 11),
            time_zone=ZONE,
            at=world.clock.now(),
        )
        left = moved.leave(bob, at=world.clock.now(), reason=None)
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(moved, AUDIT_ENTRY)
            await unit.appointments.save(left, AUDIT_ENTRY)
            await unit.appointments.save(gone.cancel(at=world.clock.now(), reason=None), AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.system) as unit:
            found = await unit.reminders.candidates(new_york(3, 10), new_york(4, 11))
        assert [(one.appointment_id, one.client_id, one.starts_at, one.sequence) for one in found] == [
            (first.appointment.id, ann, new_york(3, 10), 0),
            (later.appointment.id, ann, new_york(4, 10, 30), 1),
        ]
        assert {before.appointment.id, after.appointment.id}.isdisjoint(one.appointment_id for one in found)
        other = await world.other_practice()
        async with other.begin(other.system) as unit:
            assert await unit.reminders.candidates(new_york(3, 0), new_york(5, 0)) == []
