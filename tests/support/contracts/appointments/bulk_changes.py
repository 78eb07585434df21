"""Contract of the changes of many booked appointments in one step."""

from datetime import timedelta

import pytest
from attrs import evolve

from portal_core.appointments.local_times import at_local_time
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from tests.support.contracts.appointments.world import AUDIT_ENTRY, AppointmentsWorld, new_york

HOUR = timedelta(hours=1)


class BulkChangesContract:
    """The contract of `upcoming`, the counts, `save_all` and `clients_of` of `Appointments`."""

    async def test_upcoming_appointments_are_booked_and_have_not_started(self, world: AppointmentsWorld) -> None:
        ann, grey, green = await world.add_client(), await world.add_clinician(), await world.add_clinician("Dr. Green")
        kind, office = await world.add_appointment_type(minutes=60), (await world.add_location()).id
        await world.add_booking(grey, kind, new_york(3, 9), ann)
        later = (await world.add_booking(grey, kind, new_york(4, 12), ann)).appointment
        sooner = (await world.add_booking(green, kind, new_york(3, 10), ann, location_id=office)).appointment
        cancelled = await world.add_booking(grey, kind, new_york(4, 14), ann)
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(cancelled.cancel(at=world.clock.now(), reason=None), AUDIT_ENTRY)
            await unit.commit(None)
        elsewhere = await world.other_practice()
        async with world.begin(world.front_desk) as unit:
            find = unit.appointments.upcoming
            assert await find(new_york(3, 9)) == [sooner, later]
            assert await find(new_york(3, 9), location_id=office) == [sooner]
            assert await find(new_york(3, 8), clinician_id=grey) == [
                one for one in await find(new_york(3, 8)) if one.clinician_id == grey
            ]
            assert await find(later.starts_at) == []
        async with elsewhere.begin(elsewhere.front_desk) as unit:
            assert await unit.appointments.upcoming(new_york(3, 8)) == []

    async def test_many_are_saved_at_their_next_versions(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(given="Ann"), await world.add_client(given="Bob")
        grey, green = await world.add_clinician(), await world.add_clinician("Dr. Green")
        couple = await world.add_appointment_type("Couple", minutes=60, seats=2)
        left = await world.add_booking(grey, couple, new_york(3, 10), ann, bob)
        other = await world.add_booking(grey, couple, new_york(4, 10), bob)
        now = world.clock.now()
        async with world.begin(world.front_desk) as unit:
            left = left.leave(ann, at=now, reason=None)
            await unit.appointments.save(left, AUDIT_ENTRY)
            await unit.commit(None)
        at = now + HOUR
        moved = evolve(at_local_time(left.appointment, "America/Chicago", at=at), clinician_id=green)
        touched = other.appointment.changed(at)
        entry = AuditEntry("appointments.changed", grey)
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save_all([moved, touched], entry)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            found = [await unit.appointments.get_for_practice(one.id) for one in (moved, touched)]
            with pytest.raises(StaleVersion):
                await unit.appointments.save_all([moved.changed(at), touched])
        assert [one and one.appointment for one in found] == [moved, touched]
        assert found[0] is not None
        assert found[0].version_for(ann) == left.version_for(ann), "she has cancelled, and sees no change"
        assert found[0].version_for(bob) == left.version_for(bob) + 1
        assert [one.target for one in await world.audit() if one.action == entry.action] == [grey]
        async with world.begin(world.as_client(bob)) as unit:
            busy = await unit.appointments.client_busy_times([bob], moved.starts_at, moved.ends_at)
        assert busy == [(moved.starts_at, moved.ends_at)], "the copies of the start follow"

    async def test_clients_who_attend_are_found_by_appointment(self, world: AppointmentsWorld) -> None:
        ann, bob, cleo = [await world.add_client(given=name) for name in ("Ann", "Bob", "Cleo")]
        grey, couple = await world.add_clinician(), await world.add_appointment_type("Couple", minutes=60, seats=2)
        later = await world.add_booking(grey, couple, new_york(4, 10), ann, bob)
        sooner = await world.add_booking(grey, couple, new_york(3, 10), ann, cleo)
        await world.add_booking(grey, couple, new_york(3, 9), bob)
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(sooner.leave(cleo, at=world.clock.now(), reason=None), AUDIT_ENTRY)
            await unit.commit(None)
        ids = [one.appointment.id for one in (later, sooner)]
        async with world.begin(world.front_desk) as unit:
            assert await unit.appointments.clients_of(ids) == {ids[0]: sorted([ann, bob]), ids[1]: [ann]}
            assert await unit.appointments.clients_of([]) == {}

    async def test_booked_appointments_to_come_are_counted(self, world: AppointmentsWorld) -> None:
        ann, bob, cy = [await world.add_client(given=name) for name in ("Ann", "Bob", "Cy")]
        grey, green, brown = [await world.add_clinician(name) for name in ("Dr. Grey", "Dr. Green", "Dr. Brown")]
        couple = await world.add_appointment_type("Couple", seats=2)
        await world.add_booking(grey, couple, new_york(3, 9), ann)
        await world.add_booking(grey, couple, new_york(3, 10), ann, bob)
        left = await world.add_booking(grey, couple, new_york(3, 11), ann, bob)
        await world.add_booking(green, couple, new_york(3, 12), ann)
        cancelled = await world.add_booking(brown, couple, new_york(3, 13), cy)
        async with world.begin(world.front_desk) as unit:
            now = world.clock.now()
            left_by_bob = left.leave(bob, at=now, reason=None, cancelled_late=False, fee=None)
            await unit.appointments.save(left_by_bob, AUDIT_ENTRY)
            await unit.appointments.save(cancelled.cancel(at=now, reason=None), AUDIT_ENTRY)
            await unit.commit(None)
        after = new_york(3, 9)
        async with world.begin(world.front_desk) as unit:
            assert await unit.appointments.count_with_clinicians([grey, brown], after) == {grey: 2}
            assert await unit.appointments.count_of_clients([ann, bob, cy], after) == {ann: 3, bob: 1}
            assert await unit.appointments.count_of_clients([bob], new_york(3, 10)) == {}
        elsewhere = await world.other_practice()
        async with elsewhere.begin(elsewhere.front_desk) as unit:
            assert await unit.appointments.count_with_clinicians([grey], after) == {}
            assert await unit.appointments.count_of_clients([ann], after) == {}
