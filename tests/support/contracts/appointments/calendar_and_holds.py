"""Contracts of the calendar, holds and freed slots. Subclasses provide a `world`."""

from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.errors import SlotTaken
from portal_core.appointments.hold import Hold
from portal_core.appointments.waitlist import FreedSlot
from portal_core.kernel.audit import AuditEntry
from tests.support.contracts.appointments.world import AUDIT_ENTRY, AppointmentsWorld, new_york

HOUR = timedelta(hours=1)


class CalendarContract:
    """The contract of `Calendar` and `Blocks`."""

    async def test_occupied_entry_round_trip(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        entry = world.calendar_entry(
            clinician, new_york(3, 10), buffer_before=timedelta(minutes=5), buffer_after=timedelta(minutes=10)
        )
        await world.occupy(entry)
        async with world.begin(world.front_desk) as unit:
            assert await unit.calendar.busy([clinician], new_york(3, 0), new_york(4, 0), world.clock.now()) == [entry]

    async def test_busy_returns_overlapping_entries_of_given_clinicians(self, world: AppointmentsWorld) -> None:
        clinician, other = await world.add_clinician(), await world.add_clinician("Dr. Green")
        before = await world.occupy(world.calendar_entry(clinician, new_york(3, 9), 60))
        first = await world.occupy(world.calendar_entry(clinician, new_york(3, 10), 60))
        second = await world.occupy(world.calendar_entry(clinician, new_york(3, 11), 60))
        after = await world.occupy(world.calendar_entry(clinician, new_york(3, 12), 60))
        others = await world.occupy(world.calendar_entry(other, new_york(3, 10), 60))
        now = world.clock.now()
        async with world.begin(world.front_desk) as unit:
            found = await unit.calendar.busy([clinician], new_york(3, 10), new_york(3, 12), now)
            both = await unit.calendar.busy([clinician, other], new_york(3, 9), new_york(3, 13), now)
            none = await unit.calendar.busy([], new_york(3, 9), new_york(3, 13), now)
        assert found == [first, second]
        assert {one.id for one in both} == {before.id, first.id, second.id, after.id, others.id}
        assert none == []

    @pytest.mark.parametrize(("at", "minutes"), [(9, 61), (10, 60), (10, 1), (10, 59), (8, 300)])
    async def test_overlapping_entries_are_refused(self, world: AppointmentsWorld, at: int, minutes: int) -> None:
        clinician = await world.add_clinician()
        await world.occupy(world.calendar_entry(clinician, new_york(3, 10), 60))
        with pytest.raises(SlotTaken):
            await world.occupy(world.calendar_entry(clinician, new_york(3, at), minutes))

    async def test_adjacent_entries_do_not_conflict(self, world: AppointmentsWorld) -> None:
        clinician, other = await world.add_clinician(), await world.add_clinician("Dr. Green")
        await world.occupy(world.calendar_entry(clinician, new_york(3, 10), 60))
        await world.occupy(world.calendar_entry(clinician, new_york(3, 11), 60))
        await world.occupy(world.calendar_entry(clinician, new_york(3, 9), 60))
        await world.occupy(world.calendar_entry(other, new_york(3, 10), 60))

    async def test_hold_blocks_time_until_it_expires(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        until = world.clock.now() + timedelta(minutes=10)
        held = await world.occupy(
            world.calendar_entry(clinician, new_york(3, 10), 60, purpose="hold", expires_at=until)
        )
        with pytest.raises(SlotTaken):
            await world.occupy(world.calendar_entry(clinician, new_york(3, 10), 60))
        world.clock.advance(timedelta(minutes=10) - timedelta.resolution)
        async with world.begin(world.front_desk) as unit:
            now = world.clock.now()
            assert await unit.calendar.busy([clinician], new_york(3, 0), new_york(4, 0), now) == [held]
        world.clock.advance(timedelta.resolution)
        async with world.begin(world.front_desk) as unit:
            assert await unit.calendar.busy([clinician], new_york(3, 0), new_york(4, 0), world.clock.now()) == []
        await world.occupy(world.calendar_entry(clinician, new_york(3, 10), 60))

    async def test_lock_drops_only_expired_holds(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        soon, later = (world.clock.now() + timedelta(minutes=minutes) for minutes in (10, 20))
        await world.occupy(world.calendar_entry(clinician, new_york(3, 10), purpose="hold", expires_at=soon))
        kept = await world.occupy(world.calendar_entry(clinician, new_york(3, 11), purpose="hold", expires_at=later))
        world.clock.advance(timedelta(minutes=15))
        async with world.begin(world.front_desk) as unit:
            await unit.calendar.lock([clinician], world.clock.now())
            # As of an earlier time: deleted entries stay deleted.
            found = await unit.calendar.busy(
                [clinician], new_york(3, 0), new_york(4, 0), world.clock.now() - timedelta(hours=1)
            )
        assert found == [kept]

    async def test_block_may_overlap_existing_entries(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        await world.occupy(world.calendar_entry(clinician, new_york(3, 10), 60))
        await world.occupy(world.calendar_entry(clinician, new_york(3, 9), 300, purpose="block"))
        await world.occupy(world.calendar_entry(clinician, new_york(3, 13), 300, purpose="block"))

    async def test_changing_an_entry_moves_it(self, world: AppointmentsWorld) -> None:
        clinician, other = await world.add_clinician(), await world.add_clinician("Dr. Green")
        entry = await world.occupy(world.calendar_entry(clinician, new_york(3, 10), 60))
        moved = evolve(entry, clinician_id=other, starts_at=new_york(3, 10, 30), ends_at=new_york(3, 11, 30))
        async with world.begin(world.front_desk) as unit:
            await unit.calendar.lock([clinician, other], world.clock.now())
            await unit.calendar.change(moved)
            await unit.commit(None)
        await world.occupy(world.calendar_entry(clinician, new_york(3, 10), 60))
        with pytest.raises(SlotTaken):
            await world.occupy(world.calendar_entry(other, new_york(3, 11), 60))

    async def test_hold_becomes_appointment(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        until = world.clock.now() + timedelta(minutes=10)
        held = await world.occupy(world.calendar_entry(clinician, new_york(3, 10), purpose="hold", expires_at=until))
        async with world.begin(world.front_desk) as unit:
            await unit.calendar.lock([clinician], world.clock.now())
            await unit.calendar.change(evolve(held, purpose="appointment", expires_at=None))
            await unit.commit(None)
        world.clock.advance(HOUR)
        with pytest.raises(SlotTaken):
            await world.occupy(world.calendar_entry(clinician, new_york(3, 10)))

    async def test_change_into_taken_time_is_refused(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        entry = await world.occupy(world.calendar_entry(clinician, new_york(3, 10), 60))
        await world.occupy(world.calendar_entry(clinician, new_york(3, 12), 60))
        with pytest.raises(SlotTaken):
            async with world.begin(world.front_desk) as unit:
                await unit.calendar.lock([clinician], world.clock.now())
                await unit.calendar.change(evolve(entry, ends_at=new_york(3, 12, 1)))
        async with world.begin(world.front_desk) as unit:
            found = await unit.calendar.busy([clinician], new_york(3, 9), new_york(3, 12), world.clock.now())
        assert found == [entry]

    async def test_entries_are_changed_together(self, world: AppointmentsWorld) -> None:
        """Each of them takes time that another one had."""
        clinician, other = await world.add_clinician(), await world.add_clinician("Dr. Green")
        entries = [
            await world.occupy(
                world.calendar_entry(clinician, new_york(3, hour), 60, buffer_after=timedelta(minutes=5))
            )
            for hour in (9, 10, 11)
        ]
        moved = [
            evolve(entries[0], starts_at=new_york(3, 10), ends_at=new_york(3, 11)),
            evolve(entries[1], starts_at=new_york(3, 11), ends_at=new_york(3, 12)),
            evolve(entries[2], clinician_id=other),
        ]
        async with world.begin(world.front_desk) as unit:
            await unit.calendar.lock([clinician, other], world.clock.now())
            await unit.calendar.change_all(moved)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            now = world.clock.now()
            found = await unit.calendar.busy([clinician, other], new_york(3, 0), new_york(4, 0), now)
        assert sorted(found, key=lambda one: one.id) == moved

    async def test_changing_entries_into_taken_or_missing_time_is_refused(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        first, taken = [await world.occupy(world.calendar_entry(clinician, new_york(3, hour), 60)) for hour in (9, 12)]
        into = evolve(first, starts_at=taken.starts_at, ends_at=taken.ends_at)
        missing = world.calendar_entry(clinician, new_york(3, 15))
        for entries in ([into], [first, missing]):
            with pytest.raises(SlotTaken):
                async with world.begin(world.front_desk) as unit:
                    await unit.calendar.lock([clinician], world.clock.now())
                    await unit.calendar.change_all(entries)
        async with world.begin(world.front_desk) as unit:
            found = await unit.calendar.busy([clinician], new_york(3, 0), new_york(4, 0), world.clock.now())
        assert found == [first, taken]

    async def test_changing_a_missing_entry_is_refused(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        with pytest.raises(SlotTaken):
            async with world.begin(world.front_desk) as unit:
                await unit.calendar.lock([clinician], world.clock.now())
                await unit.calendar.change(world.calendar_entry(clinician, new_york(3, 10)))

    async def test_freeing_is_idempotent(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        entry = await world.occupy(world.calendar_entry(clinician, new_york(3, 10)))
        async with world.begin(world.front_desk) as unit:
            await unit.calendar.free(entry.id)
            await unit.calendar.free(entry.id)
            await unit.commit(None)
        await world.occupy(world.calendar_entry(clinician, new_york(3, 10)))

    async def test_uncommitted_entry_takes_no_time(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        async with world.begin(world.front_desk) as unit:
            await unit.calendar.occupy(world.calendar_entry(clinician, new_york(3, 10)))
        await world.occupy(world.calendar_entry(clinician, new_york(3, 10)))

    async def test_client_sees_busy_time_of_others(self, world: AppointmentsWorld) -> None:
        clinician, client, other = await world.add_clinician(), await world.add_client(), await world.add_client()
        appointment_type = await world.add_appointment_type()
        await world.add_booking(clinician, appointment_type, new_york(3, 10), other)
        async with world.begin(world.as_client(client)) as unit:
            await unit.calendar.lock([clinician], world.clock.now(), clients=[client])
            found = await unit.calendar.busy([clinician], new_york(3, 0), new_york(4, 0), world.clock.now())
            assert len(found) == 1
            with pytest.raises(SlotTaken):
                await unit.calendar.occupy(world.calendar_entry(clinician, new_york(3, 10)))

    async def test_other_practices_calendar_is_not_visible(self, world: AppointmentsWorld) -> None:
        other = await world.other_practice()
        clinician = await world.add_clinician()
        entry = await world.occupy(world.calendar_entry(clinician, new_york(3, 10)))
        async with other.begin(other.front_desk) as unit:
            now = world.clock.now()
            assert await unit.calendar.busy([clinician], new_york(3, 0), new_york(4, 0), now) == []
            await unit.calendar.free(entry.id)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            now = world.clock.now()
            assert await unit.calendar.busy([clinician], new_york(3, 0), new_york(4, 0), now) == [entry]

    async def test_blocks_round_trip_and_are_removed(self, world: AppointmentsWorld) -> None:
        clinician, client = await world.add_clinician(), await world.add_client()
        appointment_type = await world.add_appointment_type()
        booked = await world.add_booking(clinician, appointment_type, new_york(3, 10), client)
        block = world.calendar_entry(clinician, new_york(3, 10, 30), 150, purpose="block")
        async with world.begin(world.front_desk) as unit:
            await unit.blocks.add(block, AuditEntry("time.blocked", block.id))
            await unit.commit(None)
        entry_id = booked.appointment.calendar_entry_id
        assert entry_id is not None
        async with world.begin(world.front_desk) as unit:
            assert await unit.blocks.get(block.id) == block
            assert await unit.blocks.get(entry_id) is None
            assert not await unit.blocks.remove(entry_id, AUDIT_ENTRY)
            assert await unit.blocks.remove(block.id, AuditEntry("time.unblocked", block.id))
            assert await unit.blocks.get(block.id) is None
            await unit.commit(None)
        written = [one.action for one in await world.audit() if one.target == block.id]
        assert written == ["time.blocked", "time.unblocked"]


class HoldsContract:
    """The contract of `Holds`."""

    async def _hold(self, world: AppointmentsWorld, client: UUID, minutes: int = 10) -> Hold:
        clinician, appointment_type = await world.add_clinician(), await world.add_appointment_type()
        return Hold(
            id=world.ids.new(),
            practice_id=world.practice_id,
            client_id=client,
            clinician_id=clinician,
            appointment_type_id=appointment_type.id,
            location_id=None,
            starts_at=new_york(3, 10),
            ends_at=new_york(3, 11),
            calendar_entry_id=world.ids.new(),
            expires_at=world.clock.now() + timedelta(minutes=minutes),
        )

    async def test_round_trip_and_removal(self, world: AppointmentsWorld) -> None:
        client = await world.add_client()
        hold = await self._hold(world, client)
        async with world.begin(world.as_client(client)) as unit:
            await unit.holds.add(hold, AuditEntry("hold.created", hold.id, record=client))
            await unit.commit(None)
        async with world.begin(world.as_client(client)) as unit:
            assert await unit.holds.get(client, hold.id) == hold
            await unit.holds.remove(client, hold.id, AuditEntry("hold.released", hold.id, record=client))
            assert await unit.holds.get(client, hold.id) is None
            await unit.commit(None)
        assert [one.action for one in await world.audit() if one.target == hold.id] == ["hold.created", "hold.released"]

    async def test_unexpired_holds_of_client_are_listed(self, world: AppointmentsWorld) -> None:
        client, other = await world.add_client(), await world.add_client()
        short, long = await self._hold(world, client, 5), await self._hold(world, client, 10)
        async with world.begin(world.front_desk) as unit:
            for hold in (short, long, evolve(long, id=world.ids.new(), client_id=other)):
                await unit.holds.add(hold, AUDIT_ENTRY)
            await unit.commit(None)
        world.clock.advance(timedelta(minutes=5))
        async with world.begin(world.as_client(client)) as unit:
            now = world.clock.now()
            assert await unit.holds.of_client(client, now) == [long]
            assert await unit.holds.get(client, short.id) == short, "an expired hold can still be read"
            await unit.holds.clear(client, now)
            assert await unit.holds.get(client, short.id) is None
            assert await unit.holds.get(client, long.id) == long

    async def test_job_clears_expired_holds_of_all_clients(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        of_ann, of_bob = await self._hold(world, ann), await self._hold(world, bob)
        of_bob = evolve(of_bob, expires_at=of_ann.expires_at + timedelta(minutes=1))
        async with world.begin(world.front_desk) as unit:
            for one in (of_ann, of_bob):
                await unit.holds.add(one, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.as_client(bob)) as unit:
            await unit.holds.clear_all(of_ann.expires_at)
            await unit.commit(None)
        async with world.begin(world.system) as unit:
            assert await unit.holds.get(ann, of_ann.id) == of_ann, "a client deletes only their own"
            await unit.holds.clear_all(of_ann.expires_at)
            assert await unit.holds.get(ann, of_ann.id) is None
            assert await unit.holds.get(bob, of_bob.id) == of_bob

    async def test_reservations_of_one_clinician_are_released(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        of_ann, of_bob = await self._hold(world, ann), await self._hold(world, bob)
        entries = []
        for one in (of_ann, of_bob):
            entry = world.calendar_entry(one.clinician_id, one.starts_at, purpose="hold", expires_at=one.expires_at)
            entries.append(await world.occupy(entry))
        booked = await world.occupy(world.calendar_entry(of_ann.clinician_id, new_york(4, 10)))
        async with world.begin(world.front_desk) as unit:
            for one in (of_ann, of_bob):
                await unit.holds.add(one, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            await unit.calendar.release_reservations(
                of_ann.clinician_id, AuditEntry("reservations.released", of_ann.clinician_id)
            )
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            clinicians, now = [of_ann.clinician_id, of_bob.clinician_id], world.clock.now()
            assert await unit.holds.get(ann, of_ann.id) is None
            assert await unit.holds.get(bob, of_bob.id) == of_bob
            assert await unit.calendar.busy(clinicians, new_york(3, 0), new_york(5, 0), now) == [entries[1], booked]
        assert [one.target for one in await world.audit() if one.action == "reservations.released"] == [
            of_ann.clinician_id
        ]

    async def test_other_clients_hold_is_not_visible(self, world: AppointmentsWorld) -> None:
        client, other = await world.add_client(), await world.add_client()
        hold = await self._hold(world, other)
        async with world.begin(world.front_desk) as unit:
            await unit.holds.add(hold, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.as_client(client)) as unit:
            assert await unit.holds.get(client, hold.id) is None
            assert await unit.holds.get(other, hold.id) is None
            assert await unit.holds.of_client(other, world.clock.now()) == []


class FreedSlotsContract:
    """The contract of `FreedSlots`."""

    async def test_client_adds_freed_slot_and_job_reads_it(self, world: AppointmentsWorld) -> None:
        client, clinician, appointment_type = (
            await world.add_client(),
            await world.add_clinician(),
            await world.add_appointment_type(),
        )
        slot = FreedSlot(
            id=world.ids.new(),
            practice_id=world.practice_id,
            clinician_id=clinician,
            appointment_type_id=appointment_type.id,
            location_id=None,
            starts_at=new_york(3, 10),
            ends_at=new_york(3, 11),
            time_zone="America/New_York",
            freed_at=world.clock.now(),
        )
        async with world.begin(world.as_client(client)) as unit:
            await unit.freed_slots.add(slot)
            await unit.commit(None)
        other = await world.other_practice()
        async with other.begin(other.system) as unit:
            assert await unit.freed_slots.get(slot.id) is None
        async with world.begin(world.system) as unit:
            assert await unit.freed_slots.get(slot.id) == slot
            assert await unit.freed_slots.pending_ids() == [slot.id]
            await unit.freed_slots.remove(slot.id)
            assert await unit.freed_slots.pending_ids() == []
            assert await unit.freed_slots.get(slot.id) is None
