"""Contract of reminders. Subclasses provide a `world`."""

from datetime import timedelta

from attrs import evolve

from tests.support.contracts.appointments.world import AUDIT_ENTRY, ZONE, AppointmentsWorld, new_york


class RemindersContract:
    """`Reminders`. The notifications feature tests lead times; these clients have chosen none."""

    async def test_candidates_start_within_the_span(self, world: AppointmentsWorld) -> None:
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
        assert {one.changed_at for one in found} == {world.clock.now()}
        other = await world.other_practice()
        async with other.begin(other.system) as unit:
            assert await unit.reminders.candidates(new_york(3, 0), new_york(5, 0)) == []

    async def test_change_of_a_clients_part_counts_as_a_change(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client(given="Bob")
        clinician, couple = await world.add_clinician(), await world.add_appointment_type(seats=2)
        booking = await world.add_booking(clinician, couple, new_york(4, 10), ann, bob)
        later = world.clock.now() + timedelta(hours=1)
        ann_part, bob_part = booking.attendance_of(ann).changed(later), booking.attendance_of(bob)
        changed = evolve(booking, appointment=evolve(booking.appointment, version=2), attendances=(ann_part, bob_part))
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(changed, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.system) as unit:
            found = await unit.reminders.candidates(new_york(4, 10), new_york(4, 11))
        assert {one.client_id: (one.sequence, one.changed_at) for one in found} == {
            ann: (1, later),
            bob: (0, booking.appointment.changed_at),
        }
