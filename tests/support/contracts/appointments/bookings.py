"""Contracts of bookings and concurrent booking."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from uuid import UUID

import pytest

from portal_core.appointments.errors import NoSeatLeft, OverlappingAppointment, SlotTaken
from portal_core.appointments.model import Booking
from portal_core.appointments.scheduling.availability import BookedTime
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.money import Money
from tests.support.appointments.use_cases import AppointmentUseCases
from tests.support.contracts.appointments.world import AUDIT_ENTRY, AppointmentsWorld, new_york

HOUR = timedelta(hours=1)


async def book_couple(world: AppointmentsWorld) -> tuple[UUID, UUID, Booking]:
    """Ann, Bob, and an appointment of both that has two seats."""
    ann, bob = await world.add_client(given="Ann"), await world.add_client(given="Bob")
    appointment_type, clinician = await world.add_appointment_type("Couple", seats=2), await world.add_clinician()
    return ann, bob, await world.add_booking(clinician, appointment_type, new_york(3, 10), ann, bob)


class BookingsContract:
    """The contract of `Appointments`."""

    async def test_round_trip(self, world: AppointmentsWorld) -> None:
        ann, bob, booking = await book_couple(world)
        async with world.begin(world.front_desk) as unit:
            found = await unit.appointments.get_for_practice(booking.appointment.id)
        assert found is not None
        assert found.appointment == booking.appointment
        assert {one.client_id: one for one in found.attendances} == {
            one: booking.attendance_of(one) for one in (ann, bob)
        }

    async def test_booked_times_overlap_the_span(self, world: AppointmentsWorld) -> None:
        ann, office = await world.add_client(), await world.add_location()
        grey, green, other = [await world.add_clinician(name) for name in ("Dr. Grey", "Dr. Green", "Dr. Brown")]
        kind = await world.add_appointment_type(minutes=60)
        before = await world.add_booking(grey, kind, new_york(3, 9), ann)
        first = await world.add_booking(green, kind, new_york(3, 10), ann, location_id=office.id)
        second = await world.add_booking(grey, kind, new_york(3, 11), ann)
        after = await world.add_booking(grey, kind, new_york(3, 12), ann)
        await world.add_booking(other, kind, new_york(3, 11), ann)
        cancelled = await world.add_booking(green, kind, new_york(3, 11), ann)
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(cancelled.cancel(at=world.clock.now(), reason=None), AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            within = await unit.appointments.booked_times([grey, green], new_york(3, 10), new_york(3, 12))
            all_to_come = await unit.appointments.booked_times([grey], new_york(3, 9, 30))
        one = first.appointment
        assert within[0] == BookedTime(
            id=one.id,
            clinician_id=green,
            appointment_type_id=kind.id,
            location_id=office.id,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
        )
        assert [one.id for one in within] == [first.appointment.id, second.appointment.id]
        assert [one.id for one in all_to_come] == [one.appointment.id for one in (before, second, after)]
        elsewhere = await world.other_practice()
        async with elsewhere.begin(elsewhere.front_desk) as unit:
            assert await unit.appointments.booked_times([grey], new_york(3, 9)) == []

    async def test_every_field_round_trips(self, world: AppointmentsWorld) -> None:
        ann, bob, booking = await book_couple(world)
        location = await world.add_location()
        late = booking.leave(
            ann,
            at=world.clock.now(),
            reason="A fever — 39 °C",
            internal_note="Said: flu",
            cancelled_late=True,
            fee=Money(7500, "EUR"),
        )
        assert late.attendance_of(ann).changed_at is not None
        moved = late.reschedule(
            clinician_id=await world.add_clinician("Dr. Green"),
            location_id=location.id,
            starts_at=new_york(4, 9),
            ends_at=new_york(4, 10),
            time_zone="Europe/Berlin",
            at=world.clock.now() + HOUR,
        )
        # Two changes make two versions, saved one after the other.
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(late, AUDIT_ENTRY)
            await unit.appointments.save(moved, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            found = await unit.appointments.get_for_practice(booking.appointment.id)
        assert found is not None
        assert found.appointment == moved.appointment
        assert (found.attendance_of(ann), found.attendance_of(bob)) == (
            moved.attendance_of(ann),
            moved.attendance_of(bob),
        )

    async def test_client_sees_only_own_attendance(self, world: AppointmentsWorld) -> None:
        ann, bob, booking = await book_couple(world)
        stranger = await world.add_client(given="Eve")
        async with world.begin(world.as_client(ann)) as unit:
            for found in (
                await unit.appointments.get(ann, booking.appointment.id),
                await unit.appointments.get_for_practice(booking.appointment.id),
            ):
                assert found is not None
                assert found.attendances == (booking.attendance_of(ann),)
            assert await unit.appointments.get(bob, booking.appointment.id) is None
        async with world.begin(world.as_client(stranger)) as unit:
            assert await unit.appointments.get(stranger, booking.appointment.id) is None
            assert await unit.appointments.get(ann, booking.appointment.id) is None
            assert await unit.appointments.get_for_practice(booking.appointment.id) is None

    async def test_unknown_or_other_practice_booking_is_none(self, world: AppointmentsWorld) -> None:
        ann, _, booking = await book_couple(world)
        async with world.begin(world.front_desk) as unit:
            assert await unit.appointments.get_for_practice(world.ids.new()) is None
            assert await unit.appointments.get(ann, world.ids.new()) is None
        other = await world.other_practice()
        async with other.begin(other.front_desk) as unit:
            assert await unit.appointments.get_for_practice(booking.appointment.id) is None
            assert await unit.appointments.get(ann, booking.appointment.id) is None

    async def test_client_saves_only_own_attendance(self, world: AppointmentsWorld) -> None:
        ann, bob, booking = await book_couple(world)
        async with world.begin(world.as_client(ann)) as unit:
            own = await unit.appointments.get(ann, booking.appointment.id)
            assert own is not None
            await unit.appointments.save(own.leave(ann, at=world.clock.now(), reason="Ill"), AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            found = await unit.appointments.get_for_practice(booking.appointment.id)
        assert found is not None
        assert found.attendance_of(bob) == booking.attendance_of(bob)
        assert (found.attendance_of(ann).status, found.attendance_of(ann).reason) == ("cancelled", "Ill")
        assert (found.appointment.status, found.appointment.attending) == ("booked", 1)

    async def test_stale_version_is_refused(self, world: AppointmentsWorld) -> None:
        ann, bob, booking = await book_couple(world)
        now = world.clock.now()
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(booking.leave(ann, at=now, reason=None), AUDIT_ENTRY)
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(world.front_desk) as unit:
                await unit.appointments.save(booking.leave(bob, at=now, reason=None), AUDIT_ENTRY)
                await unit.commit(None)

    async def test_uncommitted_changes_are_discarded(self, world: AppointmentsWorld) -> None:
        ann, _, booking = await book_couple(world)
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(
                booking.leave(ann, at=world.clock.now(), reason=None), AuditEntry("test.lost", booking.appointment.id)
            )
        async with world.begin(world.front_desk) as unit:
            found = await unit.appointments.get_for_practice(booking.appointment.id)
        assert found is not None
        assert found.attendance_of(ann).status == "attending"
        assert "test.lost" not in [one.action for one in await world.audit()]

    async def test_audit_entries_are_saved_with_the_change(self, world: AppointmentsWorld) -> None:
        ann, bob, booking = await book_couple(world)
        entries = [AuditEntry("test.saved", booking.appointment.id, record=one, facts={"n": "1"}) for one in (ann, bob)]
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(booking.cancel(at=world.clock.now(), reason=None), *entries)
            await unit.commit(None)
        assert [one for one in await world.audit() if one.action == "test.saved"] == entries

    @pytest.mark.parametrize(
        ("since", "until", "expected"),
        [
            (new_york(3, 9), new_york(3, 10), False),
            (new_york(3, 9), new_york(3, 10, 1), True),
            (new_york(3, 10, 10), new_york(3, 10, 20), True),
            (new_york(3, 10, 49), new_york(3, 12), True),
            (new_york(3, 10, 50), new_york(3, 12), False),
        ],
    )
    async def test_busy_times_of_clients(
        self, world: AppointmentsWorld, since: object, until: object, expected: bool
    ) -> None:
        ann, bob, booking = await book_couple(world)
        stranger = await world.add_client(given="Eve")
        async with world.begin(world.as_client(ann)) as unit:
            busy = unit.appointments.client_busy_times
            assert bool(await busy([ann], since, until)) is expected  # type: ignore[arg-type]
            assert not await busy([ann], since, until, excluding=booking.appointment.id)  # type: ignore[arg-type]
        async with world.begin(world.front_desk) as unit:
            busy = unit.appointments.client_busy_times
            taken = [(new_york(3, 10), new_york(3, 10, 50))] if expected else []
            assert await busy([stranger, bob], since, until) == taken  # type: ignore[arg-type]
            assert not await busy([stranger], since, until)  # type: ignore[arg-type]

    async def test_cancelled_client_is_not_busy(self, world: AppointmentsWorld) -> None:
        ann, bob, booking = await book_couple(world)
        left = booking.leave(ann, at=world.clock.now(), reason=None)
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(left, AUDIT_ENTRY)
            assert not await unit.appointments.client_busy_times([ann], new_york(3, 10), new_york(3, 11))
            assert await unit.appointments.client_busy_times([bob], new_york(3, 10), new_york(3, 11))
            await unit.appointments.save(left.leave(bob, at=world.clock.now(), reason=None), AUDIT_ENTRY)
            assert not await unit.appointments.client_busy_times([ann, bob], new_york(3, 10), new_york(3, 11))

    async def test_no_show_is_not_busy(self, world: AppointmentsWorld) -> None:
        ann, bob, booking = await book_couple(world)
        missed = booking.no_show(bob, at=new_york(3, 10))
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(missed, AUDIT_ENTRY)
            await unit.appointments.save(missed.complete(at=new_york(3, 10)), AUDIT_ENTRY)
            busy = unit.appointments.client_busy_times
            assert await busy([ann], new_york(3, 10), new_york(3, 11)) == [(new_york(3, 10), new_york(3, 10, 50))]
            assert not await busy([bob], new_york(3, 10), new_york(3, 11))


class ConcurrentBookingContract:
    """Concurrent bookings. On adapters that run one unit of work at a time, this only checks the results."""

    concurrency = 64

    async def test_one_of_concurrent_bookings_of_a_slot_succeeds(self, world: AppointmentsWorld) -> None:
        clinician, appointment_type = await world.add_clinician(), await world.add_appointment_type()
        await world.open_week(clinician)
        clients = [await world.add_client() for _ in range(self.concurrency)]
        for one in clients:
            await world.join_care_team(one, clinician)
        command = BookAppointmentCommand(choice=world.choice(clinician, appointment_type, new_york(3, 9)))
        book = AppointmentUseCases(world).book
        outcomes = await _outcomes(*(book(world.as_client(one), command) for one in clients))
        assert outcomes.count("done") == 1
        assert outcomes.count(SlotTaken.code) == self.concurrency - 1

    async def test_no_more_clients_join_concurrently_than_there_are_seats(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        group = await world.add_appointment_type(seats=5, self_bookable=True)
        await world.open_week(clinician)
        clients = [await world.add_client() for _ in range(16)]
        for one in clients:
            await world.join_care_team(one, clinician)
        command = BookAppointmentCommand(choice=world.choice(clinician, group, new_york(3, 9)))
        book = AppointmentUseCases(world).book
        outcomes = await _outcomes(*(book(world.as_client(one), command) for one in clients))
        assert sorted(outcomes) == ["done"] * 5 + [NoSeatLeft.code] * 11
        async with world.begin(world.front_desk) as unit:
            [one] = await unit.shared_appointments.booked(group.id, [clinician], new_york(3, 9), new_york(3, 10))
            whole = await unit.appointments.get_for_practice(one.id)
        assert whole is not None
        assert (one.attending, len(whole.attendances), one.version) == (5, 5, 5)

    async def test_client_cannot_be_double_booked_concurrently(self, world: AppointmentsWorld) -> None:
        client, appointment_type = await world.add_client(), await world.add_appointment_type()
        clinicians = [await world.add_clinician(f"Dr. {n}") for n in range(4)]
        for one in clinicians:
            await world.open_week(one)
            await world.join_care_team(client, one)
        book, actor = AppointmentUseCases(world).book, world.as_client(client)
        commands = [
            BookAppointmentCommand(choice=world.choice(one, appointment_type, new_york(3, 9))) for one in clinicians
        ]
        outcomes = await _outcomes(*(book(actor, one) for one in commands))
        assert sorted(outcomes) == ["done", *[OverlappingAppointment.code] * 3]

    async def test_crossing_reschedules_do_not_deadlock(self, world: AppointmentsWorld) -> None:
        grey, green = await world.add_clinician(), await world.add_clinician("Dr. Green")
        appointment_type = await world.add_appointment_type(minutes=60)
        for one in (grey, green):
            await world.open_week(one)
        moves = []
        for hour in range(9, 15):
            for here, there in ((grey, green), (green, grey)):
                client = await world.add_client()
                await world.join_care_team(client, grey)
                await world.join_care_team(client, green)
                booking = await world.add_booking(here, appointment_type, new_york(4, hour), client)
                move = RescheduleAppointmentCommand(
                    appointment_id=booking.appointment.id,
                    clinician_id=there,
                    starts_at=new_york(5, hour - hour % 2 + 1),
                )
                moves.append(AppointmentUseCases(world).reschedule(world.as_client(client), move))
        outcomes = await _outcomes(*moves)
        # Those at 10:00 and 11:00 move to 11:00, those at 12:00 and 13:00 to 13:00: one of each pair gets it.
        assert sorted(outcomes) == ["done"] * 8 + [SlotTaken.code] * 4

    async def test_concurrent_cancellations_by_last_two_clients_free_the_time(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        appointment_type, clinician = await world.add_appointment_type(seats=2), await world.add_clinician()
        booking = await world.add_booking(clinician, appointment_type, new_york(10, 10), ann, bob)
        command = CancelAppointmentCommand(appointment_id=booking.appointment.id)
        cancel = AppointmentUseCases(world).cancel
        outcomes = await _outcomes(*(cancel(world.as_client(one), command) for one in (ann, bob)))
        assert outcomes == ["done", "done"]
        async with world.begin(world.front_desk) as unit:
            found = await unit.appointments.get_for_practice(booking.appointment.id)
            taken = await unit.calendar.busy([clinician], new_york(10, 0), new_york(11, 0), world.clock.now())
        assert found is not None
        assert (found.appointment.status, found.appointment.attending, taken) == ("cancelled", 0, [])
        assert len(await world.jobs("offer_freed_slot")) == 1


async def _outcomes(*tries: Awaitable[object]) -> list[str]:
    """For each call, in the given order, `done` or the code of the error."""
    answers = await asyncio.gather(*tries, return_exceptions=True)
    for one in answers:
        if isinstance(one, BaseException) and not hasattr(one, "code"):
            raise one
    return [getattr(one, "code", "failed") if isinstance(one, BaseException) else "done" for one in answers]
