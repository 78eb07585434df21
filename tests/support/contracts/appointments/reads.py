"""Contract of the views of appointments."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.appointments.practice_views import AttendanceSummaryView, PracticeAppointmentView
from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.views import AppointmentCategory, AppointmentFilter, AppointmentRow
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.errors import Invalid
from portal_core.kernel.money import Money
from portal_core.kernel.page import Page, PageRequest
from tests.support.contracts.appointments.world import AUDIT_ENTRY, ZONE, AppointmentsWorld, new_york


class ReadsContract:
    """The contract of `AppointmentReads`."""

    async def test_row_has_all_fields(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        clinician, location = await world.add_clinician("Dr. Grey"), await world.add_location("Main office")
        appointment_type = await world.add_appointment_type("Couple", seats=2)
        settings = AppointmentSettings(late_cancel="fee", late_cancel_fee=Money(50_00))
        await world.save_appointment_settings(settings)
        booking = await world.add_booking(
            clinician, appointment_type, new_york(3, 10), ann, bob, location_id=location.id
        )
        now = world.clock.now() + timedelta(minutes=1)
        async with world.begin(world.as_client(ann)) as unit:
            own = await unit.appointments.get(ann, booking.appointment.id)
            assert own is not None
            await unit.appointments.save(
                own.leave(ann, at=now, reason="Ill", cancelled_late=True, fee=Money(50_00)), AUDIT_ENTRY
            )
            await unit.commit(None)
        common = {
            "id": booking.appointment.id,
            "starts_at": new_york(3, 10),
            "ends_at": new_york(3, 10, 50),
            "time_zone": ZONE,
            "clinician_id": clinician,
            "clinician_name": "Dr. Grey",
            "appointment_type_id": appointment_type.id,
            "appointment_type_name": "Couple",
            "location_id": location.id,
            "location_name": "Main office",
            "location_address": "1 Elm Street",
            "shared": True,
            "settings": settings,
        }
        async with world.begin(world.as_client(ann)) as unit:
            assert await unit.appointment_reads.for_client(ann, booking.appointment.id) == AppointmentRow(
                client_id=ann,
                status="cancelled",
                sequence=1,
                changed_at=now,
                cancelled_at=now,
                cancelled_late=True,
                reason="Ill",
                fee_due=Money(50_00),
                **common,  # type: ignore[arg-type]
            )
            assert await unit.appointment_reads.for_client(bob, booking.appointment.id) is None
        async with world.begin(world.as_client(bob)) as unit:
            assert await unit.appointment_reads.for_client(bob, booking.appointment.id) == AppointmentRow(
                client_id=bob,
                status="booked",
                sequence=0,
                changed_at=world.clock.now(),
                cancelled_at=None,
                cancelled_late=False,
                reason=None,
                fee_due=None,
                **common,  # type: ignore[arg-type]
            )

    @pytest.mark.parametrize("in_person", [True, False])
    async def test_row_of_a_new_booking_is_as_it_would_be_read(self, world: AppointmentsWorld, in_person: bool) -> None:
        ann, clinician = await world.add_client(), await world.add_clinician("Dr. Grey")
        await world.join_care_team(ann, clinician)
        location = await world.add_location("Main office")
        await world.save_appointment_settings(AppointmentSettings(late_cancel="fee", late_cancel_fee=Money(50_00)))
        booking = await world.add_booking(
            clinician,
            await world.add_appointment_type("Couple"),
            new_york(3, 10),
            ann,
            location_id=location.id if in_person else None,
        )
        async with world.begin(world.as_client(ann)) as unit:
            options = await unit.directory.for_client(ann)
            row = AppointmentRow.of(booking, ann, options)
            assert row == await unit.appointment_reads.for_client(ann, booking.appointment.id)

    @pytest.mark.parametrize(
        ("category", "expected"),
        [
            ("upcoming", ["now", "soon", "later"]),
            ("past", ["missed", "yesterday"]),
            ("cancelled", ["off", "was off"]),
            ("all", ["was off", "yesterday", "missed", "now", "soon", "off", "later"]),
        ],
    )
    async def test_category_filters_appointments(
        self, world: AppointmentsWorld, category: AppointmentCategory, expected: list[str]
    ) -> None:
        client, clinician, appointment_type = (
            await world.add_client(),
            await world.add_clinician(),
            await world.add_appointment_type(),
        )
        world.clock.at = new_york(3, 8)
        times = {
            "was off": new_york(2, 9),
            "yesterday": new_york(2, 10),
            "missed": new_york(3, 9),
            "now": new_york(3, 10),
            "soon": new_york(3, 11),
            "off": new_york(3, 12),
            "later": new_york(9, 9),
        }
        made = {name: await world.add_booking(clinician, appointment_type, at, client) for name, at in times.items()}
        async with world.begin(world.front_desk) as unit:
            for name in ("was off", "off"):
                leave = made[name].leave(client, at=new_york(1, 9), reason=None)
                await unit.appointments.save(leave, AUDIT_ENTRY)
            await unit.appointments.save(made["missed"].no_show(client, at=new_york(3, 9, 30)), AUDIT_ENTRY)
            await unit.appointments.save(made["now"].complete(at=new_york(3, 10)), AUDIT_ENTRY)
            await unit.commit(None)
        world.clock.at = new_york(3, 10)
        names = {booking.appointment.id: name for name, booking in made.items()}
        async with world.begin(world.as_client(client)) as unit:
            page = await unit.appointment_reads.list_for_client(
                client, AppointmentFilter(category), PageRequest(), world.clock.now()
            )
            states = {names[row.id]: row.status for row in page.items}
            assert [names[row.id] for row in page.items] == expected
            assert page.next is None
            for_practice = await unit.appointment_reads.list_for_practice(
                client, AppointmentFilter(category), PageRequest(), world.clock.now(), None
            )
            assert [names[view.id] for view in for_practice.items] == expected
            at_the_end = await unit.appointment_reads.list_for_client(
                client, AppointmentFilter("past"), PageRequest(size=1), made["now"].appointment.ends_at
            )
            assert names[at_the_end.items[0].id] == "now", "past from its end on, not before"
        known = {"missed": "no_show", "now": "completed", "off": "cancelled", "was off": "cancelled"}
        assert states == {name: known.get(name, "booked") for name in expected}

    @given(data=st.data())
    async def test_pages_cover_all_rows_in_order(self, world: AppointmentsWorld, data: st.DataObject) -> None:
        # Many equal starts, with different clinicians: only the id orders them.
        hours = data.draw(st.lists(st.integers(0, 4), max_size=9))
        category: AppointmentCategory = data.draw(st.sampled_from(["upcoming", "past", "all"]))
        size = data.draw(st.integers(1, 4))
        bounds = sorted(data.draw(st.tuples(st.integers(0, 5), st.integers(0, 5))))
        client, appointment_type = await world.add_client(), await world.add_appointment_type()
        made = []
        for hour in hours:
            clinician = await world.add_clinician()
            made.append(
                (await world.add_booking(clinician, appointment_type, new_york(3, 9 + hour), client)).appointment
            )
        since, until = (new_york(3, 9 + bound) for bound in bounds)
        now = new_york(20, 0) if category == "past" else new_york(1, 0)
        filters = AppointmentFilter(category, since, until)
        wanted = [one for one in made if since <= one.starts_at < until]
        wanted.sort(key=lambda one: (one.starts_at, one.id), reverse=category == "past")
        for actor in (world.as_client(client), world.front_desk):
            found = await _walk(world, actor, client, filters, size, now)
            assert found == [one.id for one in wanted]

    async def test_forged_cursor_is_refused(self, world: AppointmentsWorld) -> None:
        client = await world.add_client()
        for after in ("x", "é", "////", "MjAyNi0wMy0wMw", "a" * 500):
            async with world.begin(world.as_client(client)) as unit:
                with pytest.raises(Invalid):
                    await unit.appointment_reads.list_for_client(
                        client, AppointmentFilter(), PageRequest(after), world.clock.now()
                    )
            async with world.begin(world.front_desk) as unit:
                with pytest.raises(Invalid):
                    await unit.appointment_reads.list_for_practice(
                        client, AppointmentFilter(), PageRequest(after), world.clock.now(), None
                    )

    async def test_room_is_missing_of_booked_video_visits_where_rooms_are_the_clinicians_own(
        self, world: AppointmentsWorld
    ) -> None:
        ann, office, kind = await world.add_client(), await world.add_location(), await world.add_appointment_type()
        grey = await world.add_clinician("Dr. Grey", room_link="https://rooms.test/grey")
        green = await world.add_clinician("Dr. Green")
        await world.add_booking(grey, kind, new_york(3, 9), ann)
        await world.add_booking(green, kind, new_york(3, 10), ann)
        await world.add_booking(green, kind, new_york(3, 11), ann, location_id=office.id)
        off = await world.add_booking(green, kind, new_york(3, 12), ann)
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(off.cancel(at=world.clock.now(), reason=None), AUDIT_ENTRY)
            await unit.commit(None)

        async def missing() -> list[bool]:
            async with world.begin(world.front_desk) as unit:
                week = await unit.appointment_reads.schedule(new_york(2, 0), new_york(9, 0), None)
                every = [await unit.appointment_reads.get_for_practice(one.id) for one in week]
            assert tuple(every) == week
            return [one.room_missing for one in week]

        assert await missing() == [False] * 4
        world.use_clinician_rooms()
        assert await missing() == [False, True, False, False]

    async def test_summaries_say_who_when_and_with_whom(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(chosen="Annie", pronouns="she/her"), await world.add_client(given="Bob")
        grey, green = await world.add_clinician("Dr. Grey"), await world.add_clinician("Dr. Green")
        office, couple = await world.add_location(), await world.add_appointment_type("Couple", seats=2)
        later = await world.add_booking(grey, couple, new_york(10, 10), ann, bob)
        sooner = await world.add_booking(green, couple, new_york(3, 10), bob, location_id=office.id)
        await world.add_booking(green, couple, new_york(3, 12), bob)
        other = await world.other_practice()
        kind = await other.add_appointment_type()
        elsewhere = await other.add_booking(
            await other.add_clinician(), kind, new_york(3, 10), await other.add_client()
        )
        async with world.begin(world.as_client(ann)) as unit:
            own = await unit.appointments.get(ann, later.appointment.id)
            assert own is not None
            await unit.appointments.save(own.leave(ann, at=world.clock.now(), reason="Ill"), AUDIT_ENTRY)
            await unit.commit(None)
        wanted = [one.appointment.id for one in (later, sooner, elsewhere)]
        async with world.begin(world.front_desk) as unit:
            assert await unit.appointment_reads.summaries([]) == ()
            found = await unit.appointment_reads.summaries([*wanted, world.ids.new()])
        left = AttendanceSummaryView(
            client_id=ann, client_name="Annie Lee", client_pronouns="she/her", status="cancelled"
        )
        comes = AttendanceSummaryView(client_id=bob, client_name="Bob Lee", client_pronouns=None, status="attending")
        both = tuple(sorted((left, comes), key=lambda one: one.client_id))
        assert [(one.id, one.clinician_id, one.clinician_name, one.attendances) for one in found] == [
            (sooner.appointment.id, green, "Dr. Green", (comes,)),
            (later.appointment.id, grey, "Dr. Grey", both),
        ]
        assert [(one.starts_at, one.local_starts_at, one.time_zone, one.status) for one in found] == [
            (new_york(3, 10), datetime(2026, 3, 3, 10), ZONE, "booked"),  # noqa: DTZ001
            (new_york(10, 10), datetime(2026, 3, 10, 10), ZONE, "booked"),  # noqa: DTZ001
        ]
        assert [one.room_missing for one in found] == [False, False]
        world.use_clinician_rooms()
        async with world.begin(world.front_desk) as unit:
            found = await unit.appointment_reads.summaries(wanted)
        assert [one.room_missing for one in found] == [False, True]

    async def test_other_clients_appointments_are_not_listed(self, world: AppointmentsWorld) -> None:
        ann, bob, clinician = await world.add_client(), await world.add_client(), await world.add_clinician()
        appointment_type, now = await world.add_appointment_type(), world.clock.now()
        await world.add_booking(clinician, appointment_type, new_york(3, 10), bob)
        async with world.begin(world.as_client(ann)) as unit:
            for one in (ann, bob):
                page = await unit.appointment_reads.list_for_client(one, AppointmentFilter("all"), PageRequest(), now)
                assert page.items == ()

    async def test_practice_list_includes_other_attendees(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client(given="Bob")
        grey, green = await world.add_clinician("Dr. Grey"), await world.add_clinician("Dr. Green")
        appointment_type, now = await world.add_appointment_type("Couple", seats=2), world.clock.now()
        couple = await world.add_booking(grey, appointment_type, new_york(3, 10), ann, bob)
        alone = await world.add_booking(green, appointment_type, new_york(4, 10), ann)
        await world.add_booking(grey, appointment_type, new_york(5, 10), bob)
        async with world.begin(world.front_desk) as unit:
            await unit.appointments.save(couple.leave(ann, at=now, reason="Ill"), AUDIT_ENTRY)
            await unit.commit(None)

        async def listed(
            actor: Actor, category: AppointmentCategory, clinician: UUID | None = None, size: int = 20
        ) -> list[UUID]:
            async with world.begin(actor) as unit:
                page = await unit.appointment_reads.list_for_practice(
                    ann, AppointmentFilter(category), PageRequest(size=size), now, clinician
                )
                assert list(page.items) == [await unit.appointment_reads.get_for_practice(one.id) for one in page.items]
                return [one.id for one in page.items]

        both = [couple.appointment.id, alone.appointment.id]
        assert await listed(world.front_desk, "all") == both
        # Two clients attend the first, which is one item of the page.
        assert await listed(world.front_desk, "all", size=1) == both[:1]
        assert await listed(world.front_desk, "all", grey) == both[:1]
        assert await listed(world.front_desk, "all", green) == both[1:]
        # Ann left, and Bob still attends: in her list it is cancelled.
        assert await listed(world.front_desk, "cancelled") == both[:1]
        assert await listed(world.front_desk, "upcoming") == both[1:]
        assert await listed(world.as_client(bob), "all") == []
        other = await world.other_practice()
        assert await listed(other.front_desk, "all") == []

    async def test_practice_day_lists_appointments_with_attendances(self, world: AppointmentsWorld) -> None:
        ann = await world.add_client(given="Ann")
        bob = await world.add_client(given="Robert", chosen="Bobbie", pronouns="they/them")
        grey, green, location = (
            await world.add_clinician("Dr. Grey"),
            await world.add_clinician(),
            await world.add_location(),
        )
        appointment_type = await world.add_appointment_type("Couple", seats=2, cpt_code="90847")
        couple = await world.add_booking(grey, appointment_type, new_york(3, 10), ann, bob, location_id=location.id)
        early = await world.add_booking(green, appointment_type, new_york(3, 0), ann)
        await world.add_booking(grey, appointment_type, new_york(4, 0), ann)
        async with world.begin(world.front_desk) as unit:
            gone = couple.leave(ann, at=world.clock.now(), reason="Ill")
            await unit.appointments.save(gone, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            day = await unit.appointment_reads.schedule(new_york(3, 0), new_york(4, 0), None)
            of_grey = await unit.appointment_reads.schedule(new_york(3, 0), new_york(4, 0), grey)
            one = await unit.appointment_reads.get_for_practice(couple.appointment.id)
            assert await unit.appointment_reads.get_for_practice(world.ids.new()) is None
        assert [view.id for view in day] == [early.appointment.id, couple.appointment.id]
        assert of_grey == (one,)
        assert one is not None
        assert (one.clinician_name, one.appointment_type_name, one.cpt_code, one.location_name) == (
            "Dr. Grey",
            "Couple",
            "90847",
            "Main office",
        )
        assert (one.status, one.version, one.telehealth, one.location_id) == ("booked", 2, False, location.id)
        parts = {
            part.client_id: (part.client_name, part.client_pronouns, part.status, part.reason)
            for part in one.attendances
        }
        assert parts == {
            ann: ("Ann Lee", None, "cancelled", "Ill"),
            bob: ("Bobbie Lee", "they/them", "attending", None),
        }

    async def test_other_practices_day_is_empty(self, world: AppointmentsWorld) -> None:
        client, clinician, appointment_type = (
            await world.add_client(),
            await world.add_clinician(),
            await world.add_appointment_type(),
        )
        booking = await world.add_booking(clinician, appointment_type, new_york(3, 10), client)
        other = await world.other_practice()
        async with other.begin(other.front_desk) as unit:
            assert await unit.appointment_reads.schedule(new_york(3, 0), new_york(4, 0), None) == ()
            assert await unit.appointment_reads.get_for_practice(booking.appointment.id) is None


async def _walk(
    world: AppointmentsWorld, actor: Actor, client: UUID, filters: AppointmentFilter, size: int, now: datetime
) -> list[UUID]:
    """The ids on all pages in order: of the client's own list, or of the practice's."""
    found: list[UUID] = []
    after: str | None = None
    while True:
        page: Page[AppointmentRow] | Page[PracticeAppointmentView]
        async with world.begin(actor) as unit:
            reads, request = unit.appointment_reads, PageRequest(after, size)
            if isinstance(actor, StaffActor):
                page = await reads.list_for_practice(client, filters, request, now, None)
            else:
                page = await reads.list_for_client(client, filters, request, now)
        assert len(page.items) <= size
        found += [row.id for row in page.items]
        if not page.next:
            return found
        assert len(page.items) == size
        after = page.next
