"""Contract of shared appointments."""

from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.model import Booking
from portal_core.appointments.settings import BookingOptions
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from tests.support.contracts.appointments.bookings import book_couple
from tests.support.contracts.appointments.world import AUDIT_ENTRY, AppointmentsWorld, new_york


class SharedAppointmentsContract:
    """The contract of `SharedAppointments`."""

    async def test_shared_appointments_are_seen_by_clients_who_do_not_attend(self, world: AppointmentsWorld) -> None:
        ann, bob, booking = await book_couple(world)
        clinician, type_id = booking.appointment.clinician_id, booking.appointment.appointment_type_id
        couple = (await self._options(world)).appointment_types[type_id]
        later = await world.add_booking(clinician, couple, new_york(3, 12), ann)
        gone = await world.add_booking(clinician, couple, new_york(3, 14), ann)
        await world.add_booking(await world.add_clinician(), couple, new_york(3, 10), await world.add_client())
        await world.add_booking(clinician, await world.add_appointment_type(), new_york(3, 16), ann)
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(gone.cancel(at=world.clock.now(), reason=None), AUDIT_ENTRY)
            await unit.commit(None)
        stranger, other = await world.add_client(given="Eve"), await world.other_practice()
        day = new_york(3, 10), new_york(4, 0)
        for actor in (world.as_client(stranger), world.as_client(bob), world.front_desk):
            async with world.begin(actor) as unit:
                found = await unit.shared_appointments.booked(type_id, [clinician], *day)
                assert found == [evolve(one.appointment, room="") for one in (booking, later)]
                assert [
                    one.id
                    for one in await unit.shared_appointments.booked(
                        type_id, [clinician], day[0], later.appointment.starts_at
                    )
                ] == [booking.appointment.id]
                assert (
                    await unit.shared_appointments.booked(type_id, [clinician], new_york(3, 10, 1), new_york(3, 12))
                    == []
                )
        async with other.begin(other.front_desk) as unit:
            assert await unit.shared_appointments.booked(type_id, [clinician], *day) == []

    @staticmethod
    async def _options(world: AppointmentsWorld) -> BookingOptions:
        async with world.begin(world.front_desk) as unit:
            return await unit.directory.for_practice()

    async def test_client_joins_an_appointment_of_others(self, world: AppointmentsWorld) -> None:
        _, _, booking = await book_couple(world)
        eve, now, known = await world.add_client(given="Eve"), world.clock.now(), booking.appointment
        async with world.begin(world.as_client(eve)) as unit:
            [found] = await unit.shared_appointments.booked(
                known.appointment_type_id, [known.clinician_id], known.starts_at, new_york(3, 11)
            )
            joined = Booking(appointment=found, attendances=()).join(eve, 3, at=now)
            await unit.shared_appointments.join(joined, eve, AuditEntry("test.joined", known.id, record=eve))
            own = await unit.appointments.get(eve, known.id)
            await unit.commit(None)
        assert own == evolve(joined, appointment=evolve(joined.appointment, room=known.room))
        async with world.begin(world.front_desk) as unit:
            whole = await unit.appointments.get_for_practice(known.id)
        assert whole is not None
        assert whole.appointment == evolve(known, attending=3, version=known.version + 1)
        assert set(whole.attendances) == {*booking.attendances, joined.attendance_of(eve)}
        assert [one.record for one in await world.audit() if one.action == "test.joined"] == [eve]

    async def test_client_sees_no_shared_appointment_that_the_practice_took_them_out_of(
        self, world: AppointmentsWorld
    ) -> None:
        ann, bob, booking = await book_couple(world)
        known, now = booking.appointment, world.clock.now()

        async def seen(actor: Actor, client_id: UUID | None) -> int:
            async with world.begin(actor) as unit:
                span = known.starts_at, known.ends_at
                booked = unit.shared_appointments.booked
                found = await booked(known.appointment_type_id, [known.clinician_id], *span, client_id=client_id)
            return len(found)

        for by, left in (("client", 1), ("practice", 0)):
            removed = booking.leave(ann, at=now, reason=None, by=by)  # type: ignore[arg-type]
            async with world.begin(world.front_desk) as unit:
                await unit.appointments.save(removed, AUDIT_ENTRY)
                await unit.commit(None)
            assert await seen(world.as_client(ann), ann) == left
            assert await seen(world.as_client(bob), bob) == 1
            assert await seen(world.front_desk, None) == 1
            booking = removed.join(ann, 2, at=now)
            async with world.begin(world.front_desk) as unit:
                await unit.appointments.save(booking, AUDIT_ENTRY)
                await unit.commit(None)
            assert await seen(world.as_client(ann), ann) == 1

    async def test_joining_a_stale_appointment_is_refused(self, world: AppointmentsWorld) -> None:
        ann, _, booking = await book_couple(world)
        eve, now = await world.add_client(given="Eve"), world.clock.now()
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(booking.leave(ann, at=now, reason=None), AUDIT_ENTRY)
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(world.as_client(eve)) as unit:
                stale = evolve(booking, attendances=()).join(eve, 3, at=now)
                await unit.shared_appointments.join(stale, eve, AUDIT_ENTRY)
                await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            whole = await unit.appointments.get_for_practice(booking.appointment.id)
        assert whole is not None
        assert eve not in whole.attending_client_ids
