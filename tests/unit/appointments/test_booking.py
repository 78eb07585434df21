"""Clients find, hold and book."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import msgspec
import pytest
from attrs import evolve

from portal_core.appointments.booking import SlotChoice
from portal_core.appointments.errors import (
    HoldExpired,
    NotBookable,
    OutsideAvailability,
    OverlappingAppointment,
    SlotTaken,
    TooFar,
    TooManyHolds,
    TooSoon,
)
from portal_core.appointments.settings import AppointmentRules
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.views import AppointmentView
from portal_core.kernel.actor import Actor, Origin
from portal_core.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.kernel.idempotency import IdempotentRequest, Replayed
from portal_core.kernel.page import PageRequest, cursor
from tests.support.contracts.appointments.world import ZONE, new_york
from tests.unit.appointments.conftest import BookingScenario


def slot(scenario: BookingScenario, at: datetime) -> BookAppointmentCommand:
    return BookAppointmentCommand(choice=scenario.world.choice(scenario.grey, scenario.appointment_type, at))


class TestBooking:
    async def test_the_answer_says_what_was_booked(self, scenario: BookingScenario) -> None:
        view = await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        assert (view.status, view.starts_at, view.ends_at) == ("booked", new_york(4, 10), new_york(4, 11))
        assert (view.clinician_name, view.appointment_type_name, view.time_zone) == (
            "Dr. Grey",
            "Individual session",
            ZONE,
        )
        assert (view.telehealth, view.can_cancel, view.can_reschedule) == (True, True, True)
        assert view.cancel_deadline == new_york(3, 10)
        assert (view.can_join, view.join_opens_at) == (False, new_york(4, 9, 45))
        assert await scenario.use_cases.show(scenario.ann, view.id) == view

    async def test_client_and_clinician_are_told_and_it_is_audited(self, scenario: BookingScenario) -> None:
        view = await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        told = [
            (one.appointment_type, one.to_client, one.to_account, one.subject_id)
            for one in await scenario.world.notices()
        ]
        assert told == [
            ("appointment_booked", scenario.ann.client_id, None, view.id),
            ("appointment_booked", None, scenario.account, view.id),
        ]
        entries = [one for one in await scenario.world.audit() if one.target == view.id]
        assert [(one.action, one.record) for one in entries] == [("appointment.booked", scenario.ann.client_id)]

    async def test_a_room_is_named_for_telehealth_alone(self, scenario: BookingScenario) -> None:
        location = await scenario.world.add_location(time_zone="America/Chicago")
        self_bookable = await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        await scenario.world.open_week(scenario.grey, location_id=location.id)
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 12), location.id)
        there = await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        rooms = {one.id: one.room for one in scenario.world.store.table("appointments").values()}
        assert rooms == {self_bookable.id: "token-1", there.id: ""}
        assert (there.time_zone, there.location_address, there.telehealth) == ("America/Chicago", "1 Elm Street", False)
        assert there.join_opens_at is None

    @pytest.mark.parametrize(
        ("at", "refusal"),
        [
            (new_york(4, 8), OutsideAvailability),
            (new_york(4, 16, 30), OutsideAvailability),
            (new_york(7, 10), OutsideAvailability),
            (new_york(4, 10, 7), OutsideAvailability),
            (new_york(2, 9), TooSoon),
            (new_york(2, 12), TooSoon),
            (new_york(1, 10, month=7), TooFar),
        ],
    )
    async def test_unavailable_times_are_refused(
        self, scenario: BookingScenario, at: datetime, refusal: type[Conflict]
    ) -> None:
        appointment_type = await scenario.world.add_appointment_type(minutes=60, notice_hours=4)
        with pytest.raises(refusal):
            await scenario.use_cases.book(
                scenario.ann, BookAppointmentCommand(choice=scenario.world.choice(scenario.grey, appointment_type, at))
            )
        assert not scenario.world.store.table("calendar")

    async def test_taken_slot_is_refused(self, scenario: BookingScenario) -> None:
        await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 10)))
        await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 11)))

    async def test_a_gap_is_the_larger_of_two_buffers(self, scenario: BookingScenario) -> None:
        appointment_type = await scenario.world.add_appointment_type(minutes=60, before=30, after=15, step=15)

        def at(hour: int, minute: int) -> BookAppointmentCommand:
            return BookAppointmentCommand(
                choice=scenario.world.choice(scenario.grey, appointment_type, new_york(4, hour, minute))
            )

        await scenario.use_cases.book(scenario.ann, at(10, 0))
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.bob, at(11, 15))
        await scenario.use_cases.book(scenario.bob, at(11, 30))

    async def test_client_cannot_be_double_booked(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.join_care_team(scenario.ann.client_id, green)
        await scenario.world.open_week(green)
        await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        appointment_type = await scenario.world.add_appointment_type(minutes=60, step=30)
        for choice in (
            scenario.world.choice(green, appointment_type, new_york(4, 10, 30)),
            scenario.world.choice(green, appointment_type, new_york(4, 9, 30)),
        ):
            with pytest.raises(OverlappingAppointment):
                await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        await scenario.use_cases.book(
            scenario.ann, BookAppointmentCommand(choice=scenario.world.choice(green, appointment_type, new_york(4, 11)))
        )

    async def test_options_outside_the_care_team_are_refused(self, scenario: BookingScenario) -> None:
        world, at = scenario.world, new_york(4, 10)
        green = await world.add_clinician("Dr. Green")
        gone = await world.add_clinician("Dr. Gone", active=False)
        for one in (green, gone):
            await world.open_week(one)
        await world.join_care_team(scenario.ann.client_id, gone)
        closed = await world.add_location(active=False)
        for choice in (
            world.choice(green, scenario.appointment_type, at),
            world.choice(gone, scenario.appointment_type, at),
            world.choice(world.ids.new(), scenario.appointment_type, at),
            world.choice(scenario.grey, await world.add_appointment_type(self_bookable=False), at),
            world.choice(scenario.grey, await world.add_appointment_type(active=False), at),
            world.choice(scenario.grey, await world.add_appointment_type(seats=2), at),
            world.choice(scenario.grey, scenario.appointment_type, at, closed.id),
            world.choice(scenario.grey, scenario.appointment_type, at, world.ids.new()),
            SlotChoice(clinician_id=scenario.grey, appointment_type_id=world.ids.new(), starts_at=at),
        ):
            with pytest.raises(NotBookable):
                await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        await world.save_rules(AppointmentRules(self_booking=False))
        with pytest.raises(NotBookable):
            await scenario.use_cases.book(scenario.ann, slot(scenario, at))

    async def test_permissions(self, scenario: BookingScenario) -> None:
        command = slot(scenario, new_york(4, 10))
        client = scenario.ann.client_id
        for actor in (scenario.world.front_desk, scenario.world.as_proxy(client, may_write=True, areas=["messages"])):
            with pytest.raises(NotFound):
                await scenario.use_cases.book(actor, command)
        with pytest.raises(Forbidden):
            await scenario.use_cases.book(scenario.world.as_proxy(client, may_write=False), command)
        view = await scenario.use_cases.book(scenario.world.as_proxy(client, may_write=True), command)
        assert await scenario.use_cases.show(scenario.ann, view.id) == view

    async def test_one_slot_or_one_hold(self, scenario: BookingScenario) -> None:
        with pytest.raises(Invalid):
            BookAppointmentCommand()
        with pytest.raises(Invalid):
            BookAppointmentCommand(
                choice=scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10)),
                hold_id=scenario.grey,
            )

    @pytest.mark.parametrize("at", [datetime(2026, 3, 4, 10), datetime(9999, 12, 31, tzinfo=UTC)])  # noqa: DTZ001
    async def test_invalid_start_time_is_refused(self, scenario: BookingScenario, at: datetime) -> None:
        with pytest.raises(Invalid):
            scenario.world.choice(scenario.grey, scenario.appointment_type, at)

    async def test_the_same_key_has_one_effect_and_one_answer(self, scenario: BookingScenario) -> None:
        def again() -> Actor:
            return evolve(scenario.ann, origin=Origin(idempotent_request=IdempotentRequest("book", "key-1", b"digest")))

        view = await scenario.use_cases.book(again(), slot(scenario, new_york(4, 10)))
        with pytest.raises(Replayed) as replayed:
            await scenario.use_cases.book(again(), slot(scenario, new_york(4, 10)))
        assert msgspec.json.decode(replayed.value.answer, type=AppointmentView) == view


class TestHoldSlot:
    async def test_a_held_slot_is_nobody_elses_for_ten_minutes(self, scenario: BookingScenario) -> None:
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        hold = await scenario.use_cases.hold(scenario.ann, choice)
        assert hold.expires_at == scenario.world.clock.now() + timedelta(minutes=10)
        scenario.world.clock.advance(timedelta(minutes=10) - timedelta.resolution)
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 10)))
        scenario.world.clock.advance(timedelta.resolution)
        await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 10)))
        with pytest.raises(HoldExpired):
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=hold.id))

    async def test_the_holder_books_it_once(self, scenario: BookingScenario) -> None:
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        hold = await scenario.use_cases.hold(scenario.ann, choice)
        with pytest.raises(NotFound):
            await scenario.use_cases.book(scenario.bob, BookAppointmentCommand(hold_id=hold.id))
        view = await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=hold.id))
        assert view.starts_at == new_york(4, 10)
        with pytest.raises(NotFound):
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=hold.id))
        with pytest.raises(NotFound):
            await scenario.use_cases.release(scenario.ann, hold.id)
        scenario.world.clock.advance(timedelta(hours=1))
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 10)))

    async def test_the_holder_books_the_time_without_naming_the_hold(self, scenario: BookingScenario) -> None:
        hold = await scenario.use_cases.hold(
            scenario.ann, scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        )
        view = await scenario.use_cases.book(scenario.ann, slot(scenario, new_york(4, 10)))
        assert view.starts_at == new_york(4, 10)
        assert not scenario.world.store.table("holds")
        [entry] = scenario.world.store.table("calendar").values()
        assert (entry.purpose, entry.expires_at) == ("appointment", None)
        used = [one.action for one in await scenario.world.audit() if one.target == hold.id]
        assert used == ["hold.created", "hold.booked"]

    async def test_another_kind_at_that_time_is_not_what_was_held(self, scenario: BookingScenario) -> None:
        await scenario.use_cases.hold(
            scenario.ann, scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        )
        other = scenario.world.choice(
            scenario.grey, await scenario.world.add_appointment_type(minutes=60), new_york(4, 10)
        )
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=other))

    async def test_booking_a_hold_rechecks_availability(self, scenario: BookingScenario) -> None:
        hold = await scenario.use_cases.hold(
            scenario.ann, scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        )
        await scenario.world.open_week(scenario.grey, start_time=time(12))
        with pytest.raises(OutsideAvailability):
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=hold.id))

    async def test_released_slot_is_available(self, scenario: BookingScenario) -> None:
        hold = await scenario.use_cases.hold(
            scenario.ann, scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        )
        with pytest.raises(NotFound):
            await scenario.use_cases.release(scenario.bob, hold.id)
        await scenario.use_cases.release(scenario.ann, hold.id)
        await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 10)))

    async def test_hold_limit_per_client(self, scenario: BookingScenario) -> None:
        def choice(hour: int) -> SlotChoice:
            return scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, hour))

        await scenario.use_cases.hold(scenario.ann, choice(10))
        await scenario.use_cases.hold(scenario.ann, choice(11))
        with pytest.raises(TooManyHolds):
            await scenario.use_cases.hold(scenario.ann, choice(12))
        await scenario.use_cases.hold(scenario.bob, choice(12))
        scenario.world.clock.advance(timedelta(minutes=10))
        await scenario.use_cases.hold(scenario.ann, choice(13))

    async def test_list_holds_until_expiry(self, scenario: BookingScenario) -> None:
        async def held(actor: Actor) -> list[UUID]:
            return [one.id for one in await scenario.use_cases.list_holds(actor)]

        hours = [
            scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, hour)) for hour in (11, 10)
        ]
        first = await scenario.use_cases.hold(scenario.ann, hours[0])
        scenario.world.clock.advance(timedelta(minutes=5))
        second = await scenario.use_cases.hold(scenario.ann, hours[1])
        proxy = scenario.world.as_proxy(scenario.ann.client_id, may_write=False)
        assert await scenario.use_cases.list_holds(proxy) == (first, second)
        entry = (await scenario.world.audit())[-1]
        assert (entry.action, entry.record) == ("holds.read", scenario.ann.client_id)
        assert await held(scenario.bob) == []
        for actor in (
            scenario.world.front_desk,
            scenario.world.as_proxy(scenario.ann.client_id, may_write=True, areas=["profile"]),
        ):
            with pytest.raises(NotFound):
                await held(actor)
        scenario.world.clock.at = first.expires_at
        assert await held(scenario.ann) == [second.id]
        await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(hold_id=second.id))
        assert await held(scenario.ann) == []

    async def test_hold_expires_at_slot_start(self, scenario: BookingScenario) -> None:
        scenario.world.clock.at = new_york(4, 9, 55)
        hold = await scenario.use_cases.hold(
            scenario.ann, scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 10))
        )
        assert hold.expires_at == new_york(4, 10)


def march(first: int, last: int, scenario: BookingScenario, **more: object) -> FindSlotsQuery:
    days = {"first_day": date(2026, 3, first), "last_day": date(2026, 3, last)}
    return FindSlotsQuery(appointment_type_id=scenario.appointment_type.id, **days, **more)  # type: ignore[arg-type]


class TestFinding:
    async def test_a_day_without_what_is_taken(self, scenario: BookingScenario) -> None:
        await scenario.use_cases.book(scenario.bob, slot(scenario, new_york(4, 10)))
        await scenario.use_cases.hold(
            scenario.bob, scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 12))
        )
        page = await scenario.use_cases.find_slots(scenario.ann, march(4, 4, scenario))
        assert [one.starts_at for one in page.items] == [new_york(4, hour) for hour in (9, 11, 13, 14, 15, 16)]
        first = page.items[0]
        assert (first.clinician_name, first.clinician_credentials, first.time_zone) == ("Dr. Grey", "PhD", ZONE)
        assert (first.appointment_type_name, first.telehealth, first.ends_at) == (
            "Individual session",
            True,
            new_york(4, 10),
        )
        assert page.next == ""

    async def test_by_place(self, scenario: BookingScenario) -> None:
        location = await scenario.world.add_location()
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.join_care_team(scenario.ann.client_id, green)
        await scenario.world.open_week(green, location_id=location.id, start_time=time(9), end_time=time(10))

        async def whose(**more: object) -> set[str]:
            page = await scenario.use_cases.find_slots(scenario.ann, march(4, 4, scenario, **more))
            return {one.clinician_name for one in page.items}

        assert await whose() == {"Dr. Grey", "Dr. Green"}
        assert await whose(telehealth=True) == {"Dr. Grey"}
        assert await whose(telehealth=False) == {"Dr. Green"}
        assert await whose(location_id=location.id) == {"Dr. Green"}
        assert await whose(clinician_id=green) == {"Dr. Green"}
        assert await whose(clinician_id=green, telehealth=True) == set()

    async def test_pages_keep_equal_start_times_together(self, scenario: BookingScenario) -> None:
        for name in ("Dr. Green", "Dr. White"):
            other = await scenario.world.add_clinician(name)
            await scenario.world.join_care_team(scenario.ann.client_id, other)
            await scenario.world.open_week(other, end_time=time(12))
        whole = await scenario.use_cases.find_slots(scenario.ann, march(3, 6, scenario))
        found, after = [], ""
        while True:
            page = await scenario.use_cases.find_slots(scenario.ann, march(3, 6, scenario, page=PageRequest(after, 4)))
            assert 1 <= len(page.items) <= 6
            found += page.items
            after = page.next
            if not after:
                break
        assert tuple(found) == whole.items
        assert len(found) == 4 * (8 + 3 + 3)

    @pytest.mark.parametrize("year", [1900, 2999])
    async def test_stale_cursor(self, scenario: BookingScenario, year: int) -> None:
        whole = await scenario.use_cases.find_slots(scenario.ann, march(3, 6, scenario))
        forged = PageRequest(cursor((datetime(year, 6, 1, tzinfo=UTC), scenario.grey)))
        page = await scenario.use_cases.find_slots(scenario.ann, march(3, 6, scenario, page=forged))
        assert page.items == (whole.items[:20] if year == 1900 else ())

    @pytest.mark.parametrize(("first", "last"), [(5, 4), (1, 43)])
    async def test_from_a_day_to_six_weeks(self, scenario: BookingScenario, first: int, last: int) -> None:
        day = date(2026, 3, 1)
        query = FindSlotsQuery(
            appointment_type_id=scenario.appointment_type.id,
            first_day=day + timedelta(days=first - 1),
            last_day=day + timedelta(days=last - 1),
        )
        with pytest.raises(Invalid):
            await scenario.use_cases.find_slots(scenario.ann, query)

    async def test_extreme_dates_are_refused(self, scenario: BookingScenario) -> None:
        for day in (date.min, date.max):
            with pytest.raises(Invalid):
                await scenario.use_cases.find_slots(
                    scenario.ann,
                    FindSlotsQuery(appointment_type_id=scenario.appointment_type.id, first_day=day, last_day=day),
                )

    async def test_no_slots_without_self_booking(self, scenario: BookingScenario) -> None:
        lonely = scenario.world.as_client(await scenario.world.add_client())
        stranger = await scenario.world.add_clinician()
        with pytest.raises(NotBookable):
            await scenario.use_cases.find_slots(lonely, march(4, 4, scenario))
        with pytest.raises(NotBookable):
            await scenario.use_cases.find_slots(scenario.ann, march(4, 4, scenario, clinician_id=stranger))

    async def test_the_days_are_those_of_the_practice(self, scenario: BookingScenario) -> None:
        await scenario.world.open_week(scenario.grey, start_time=time(20), end_time=time(23))
        page = await scenario.use_cases.find_slots(scenario.ann, march(4, 4, scenario))
        # In UTC the fifth has begun.
        assert [one.starts_at for one in page.items] == [new_york(4, hour) for hour in (20, 21, 22)]

    async def test_reading_is_audited_and_a_reader_may_read(self, scenario: BookingScenario) -> None:
        reader: Actor = scenario.world.as_proxy(scenario.ann.client_id, may_write=False)
        await scenario.use_cases.find_slots(reader, march(4, 4, scenario))
        assert [one.action for one in await scenario.world.audit()][-1] == "slots.read"
        assert (await scenario.world.audit())[-1].record == scenario.ann.client_id
