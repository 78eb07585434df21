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
    OwnOverlap,
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
from portal_core.kernel.idempotency import Attempt, Replayed
from portal_core.kernel.page import PageRequest, cursor
from tests.support.contracts.appointments.world import ZONE, new_york
from tests.unit.appointments.conftest import Scene


def slot(scene: Scene, at: datetime) -> BookAppointmentCommand:
    return BookAppointmentCommand(choice=scene.world.choice(scene.grey, scene.kind, at))


class TestBooking:
    async def test_the_answer_says_what_was_booked(self, scene: Scene) -> None:
        view = await scene.desk.book(scene.ann, slot(scene, new_york(4, 10)))
        assert (view.status, view.starts_at, view.ends_at) == ("booked", new_york(4, 10), new_york(4, 11))
        assert (view.clinician_name, view.kind_name, view.zone) == ("Dr. Grey", "Individual session", ZONE)
        assert (view.telehealth, view.can_cancel, view.can_reschedule) == (True, True, True)
        assert view.cancel_deadline == new_york(3, 10)
        assert (view.can_join, view.join_opens_at) == (False, new_york(4, 9, 45))
        assert await scene.desk.show(scene.ann, view.id) == view

    async def test_client_and_clinician_are_told_and_it_is_audited(self, scene: Scene) -> None:
        view = await scene.desk.book(scene.ann, slot(scene, new_york(4, 10)))
        told = [(one.kind, one.to_client, one.to_account, one.about) for one in await scene.world.notices()]
        assert told == [
            ("appointment_booked", scene.ann.client_id, None, view.id),
            ("appointment_booked", None, scene.account, view.id),
        ]
        entries = [one for one in await scene.world.audit() if one.target == view.id]
        assert [(one.action, one.record) for one in entries] == [("appointment.booked", scene.ann.client_id)]

    async def test_a_room_is_named_for_telehealth_alone(self, scene: Scene) -> None:
        place = await scene.world.add_place(zone="America/Chicago")
        online = await scene.desk.book(scene.ann, slot(scene, new_york(4, 10)))
        await scene.world.open_week(scene.grey, place_id=place.id)
        choice = scene.world.choice(scene.grey, scene.kind, new_york(4, 12), place.id)
        there = await scene.desk.book(scene.ann, BookAppointmentCommand(choice=choice))
        rooms = {one.id: one.room for one in scene.world.store.table("appointments").values()}
        assert rooms == {online.id: "token-1", there.id: ""}
        assert (there.zone, there.place_address, there.telehealth) == ("America/Chicago", "1 Elm Street", False)
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
    async def test_times_that_are_not_to_be_had(self, scene: Scene, at: datetime, refusal: type[Conflict]) -> None:
        kind = await scene.world.add_kind(minutes=60, notice_hours=4)
        with pytest.raises(refusal):
            await scene.desk.book(scene.ann, BookAppointmentCommand(choice=scene.world.choice(scene.grey, kind, at)))
        assert not scene.world.store.table("calendar")

    async def test_what_is_taken_stays_taken(self, scene: Scene) -> None:
        await scene.desk.book(scene.ann, slot(scene, new_york(4, 10)))
        with pytest.raises(SlotTaken):
            await scene.desk.book(scene.bob, slot(scene, new_york(4, 10)))
        await scene.desk.book(scene.bob, slot(scene, new_york(4, 11)))

    async def test_a_gap_is_the_larger_of_two_buffers(self, scene: Scene) -> None:
        kind = await scene.world.add_kind(minutes=60, before=30, after=15, step=15)

        def at(hour: int, minute: int) -> BookAppointmentCommand:
            return BookAppointmentCommand(choice=scene.world.choice(scene.grey, kind, new_york(4, hour, minute)))

        await scene.desk.book(scene.ann, at(10, 0))
        with pytest.raises(SlotTaken):
            await scene.desk.book(scene.bob, at(11, 15))
        await scene.desk.book(scene.bob, at(11, 30))

    async def test_nobody_is_in_two_places(self, scene: Scene) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        await scene.world.join_care_team(scene.ann.client_id, green)
        await scene.world.open_week(green)
        await scene.desk.book(scene.ann, slot(scene, new_york(4, 10)))
        kind = await scene.world.add_kind(minutes=60, step=30)
        for choice in (
            scene.world.choice(green, kind, new_york(4, 10, 30)),
            scene.world.choice(green, kind, new_york(4, 9, 30)),
        ):
            with pytest.raises(OwnOverlap):
                await scene.desk.book(scene.ann, BookAppointmentCommand(choice=choice))
        await scene.desk.book(
            scene.ann, BookAppointmentCommand(choice=scene.world.choice(green, kind, new_york(4, 11)))
        )

    async def test_what_is_not_offered_to_this_client(self, scene: Scene) -> None:
        world, at = scene.world, new_york(4, 10)
        green = await world.add_clinician("Dr. Green")
        gone = await world.add_clinician("Dr. Gone", active=False)
        for one in (green, gone):
            await world.open_week(one)
        await world.join_care_team(scene.ann.client_id, gone)
        closed = await world.add_place(active=False)
        for choice in (
            world.choice(green, scene.kind, at),
            world.choice(gone, scene.kind, at),
            world.choice(world.ids.new(), scene.kind, at),
            world.choice(scene.grey, await world.add_kind(online=False), at),
            world.choice(scene.grey, await world.add_kind(active=False), at),
            world.choice(scene.grey, await world.add_kind(seats=2), at),
            world.choice(scene.grey, scene.kind, at, closed.id),
            world.choice(scene.grey, scene.kind, at, world.ids.new()),
            SlotChoice(clinician_id=scene.grey, kind_id=world.ids.new(), starts_at=at),
        ):
            with pytest.raises(NotBookable):
                await scene.desk.book(scene.ann, BookAppointmentCommand(choice=choice))
        await world.save_rules(AppointmentRules(self_booking=False))
        with pytest.raises(NotBookable):
            await scene.desk.book(scene.ann, slot(scene, at))

    async def test_who_may(self, scene: Scene) -> None:
        command = slot(scene, new_york(4, 10))
        client = scene.ann.client_id
        for actor in (scene.world.desk, scene.world.as_proxy(client, may_write=True, areas=["messages"])):
            with pytest.raises(NotFound):
                await scene.desk.book(actor, command)
        with pytest.raises(Forbidden):
            await scene.desk.book(scene.world.as_proxy(client, may_write=False), command)
        view = await scene.desk.book(scene.world.as_proxy(client, may_write=True), command)
        assert await scene.desk.show(scene.ann, view.id) == view

    async def test_one_slot_or_one_hold(self, scene: Scene) -> None:
        with pytest.raises(Invalid):
            BookAppointmentCommand()
        with pytest.raises(Invalid):
            BookAppointmentCommand(
                choice=scene.world.choice(scene.grey, scene.kind, new_york(4, 10)), hold_id=scene.grey
            )

    @pytest.mark.parametrize("at", [datetime(2026, 3, 4, 10), datetime(9999, 12, 31, tzinfo=UTC)])  # noqa: DTZ001
    async def test_a_time_that_is_none(self, scene: Scene, at: datetime) -> None:
        with pytest.raises(Invalid):
            scene.world.choice(scene.grey, scene.kind, at)

    async def test_the_same_key_has_one_effect_and_one_answer(self, scene: Scene) -> None:
        def again() -> Actor:
            return evolve(scene.ann, origin=Origin(attempt=Attempt("book", "key-1", b"digest")))

        view = await scene.desk.book(again(), slot(scene, new_york(4, 10)))
        with pytest.raises(Replayed) as replayed:
            await scene.desk.book(again(), slot(scene, new_york(4, 10)))
        assert msgspec.json.decode(replayed.value.answer, type=AppointmentView) == view


class TestHolding:
    async def test_a_held_slot_is_nobody_elses_for_ten_minutes(self, scene: Scene) -> None:
        choice = scene.world.choice(scene.grey, scene.kind, new_york(4, 10))
        hold = await scene.desk.hold(scene.ann, choice)
        assert hold.expires_at == scene.world.clock.now() + timedelta(minutes=10)
        scene.world.clock.advance(timedelta(minutes=10) - timedelta.resolution)
        with pytest.raises(SlotTaken):
            await scene.desk.book(scene.bob, slot(scene, new_york(4, 10)))
        scene.world.clock.advance(timedelta.resolution)
        await scene.desk.book(scene.bob, slot(scene, new_york(4, 10)))
        with pytest.raises(HoldExpired):
            await scene.desk.book(scene.ann, BookAppointmentCommand(hold_id=hold.id))

    async def test_the_holder_books_it_once(self, scene: Scene) -> None:
        choice = scene.world.choice(scene.grey, scene.kind, new_york(4, 10))
        hold = await scene.desk.hold(scene.ann, choice)
        with pytest.raises(NotFound):
            await scene.desk.book(scene.bob, BookAppointmentCommand(hold_id=hold.id))
        view = await scene.desk.book(scene.ann, BookAppointmentCommand(hold_id=hold.id))
        assert view.starts_at == new_york(4, 10)
        with pytest.raises(NotFound):
            await scene.desk.book(scene.ann, BookAppointmentCommand(hold_id=hold.id))
        with pytest.raises(NotFound):
            await scene.desk.release(scene.ann, hold.id)
        scene.world.clock.advance(timedelta(hours=1))
        with pytest.raises(SlotTaken):
            await scene.desk.book(scene.bob, slot(scene, new_york(4, 10)))

    async def test_the_holder_books_the_time_without_naming_the_hold(self, scene: Scene) -> None:
        hold = await scene.desk.hold(scene.ann, scene.world.choice(scene.grey, scene.kind, new_york(4, 10)))
        view = await scene.desk.book(scene.ann, slot(scene, new_york(4, 10)))
        assert view.starts_at == new_york(4, 10)
        assert not scene.world.store.table("holds")
        [entry] = scene.world.store.table("calendar").values()
        assert (entry.purpose, entry.expires_at) == ("appointment", None)
        used = [one.action for one in await scene.world.audit() if one.target == hold.id]
        assert used == ["slot.held", "slot.hold_used"]

    async def test_another_kind_at_that_time_is_not_what_was_held(self, scene: Scene) -> None:
        await scene.desk.hold(scene.ann, scene.world.choice(scene.grey, scene.kind, new_york(4, 10)))
        other = scene.world.choice(scene.grey, await scene.world.add_kind(minutes=60), new_york(4, 10))
        with pytest.raises(SlotTaken):
            await scene.desk.book(scene.ann, BookAppointmentCommand(choice=other))

    async def test_what_is_held_is_still_looked_at_again(self, scene: Scene) -> None:
        hold = await scene.desk.hold(scene.ann, scene.world.choice(scene.grey, scene.kind, new_york(4, 10)))
        await scene.world.open_week(scene.grey, starts=time(12))
        with pytest.raises(OutsideAvailability):
            await scene.desk.book(scene.ann, BookAppointmentCommand(hold_id=hold.id))

    async def test_released_is_free(self, scene: Scene) -> None:
        hold = await scene.desk.hold(scene.ann, scene.world.choice(scene.grey, scene.kind, new_york(4, 10)))
        with pytest.raises(NotFound):
            await scene.desk.release(scene.bob, hold.id)
        await scene.desk.release(scene.ann, hold.id)
        await scene.desk.book(scene.bob, slot(scene, new_york(4, 10)))

    async def test_no_more_than_the_practice_lets_one_hold(self, scene: Scene) -> None:
        def choice(hour: int) -> SlotChoice:
            return scene.world.choice(scene.grey, scene.kind, new_york(4, hour))

        await scene.desk.hold(scene.ann, choice(10))
        await scene.desk.hold(scene.ann, choice(11))
        with pytest.raises(TooManyHolds):
            await scene.desk.hold(scene.ann, choice(12))
        await scene.desk.hold(scene.bob, choice(12))
        scene.world.clock.advance(timedelta(minutes=10))
        await scene.desk.hold(scene.ann, choice(13))

    async def test_what_one_holds_is_found_again_until_it_is_over(self, scene: Scene) -> None:
        async def held(actor: Actor) -> list[UUID]:
            return [one.id for one in await scene.desk.list_holds(actor)]

        hours = [scene.world.choice(scene.grey, scene.kind, new_york(4, hour)) for hour in (11, 10)]
        first = await scene.desk.hold(scene.ann, hours[0])
        scene.world.clock.advance(timedelta(minutes=5))
        second = await scene.desk.hold(scene.ann, hours[1])
        proxy = scene.world.as_proxy(scene.ann.client_id, may_write=False)
        assert await scene.desk.list_holds(proxy) == (first, second)
        entry = (await scene.world.audit())[-1]
        assert (entry.action, entry.record) == ("holds.read", scene.ann.client_id)
        assert await held(scene.bob) == []
        for actor in (scene.world.desk, scene.world.as_proxy(scene.ann.client_id, may_write=True, areas=["profile"])):
            with pytest.raises(NotFound):
                await held(actor)
        scene.world.clock.at = first.expires_at
        assert await held(scene.ann) == [second.id]
        await scene.desk.book(scene.ann, BookAppointmentCommand(hold_id=second.id))
        assert await held(scene.ann) == []

    async def test_no_hold_outlasts_its_start(self, scene: Scene) -> None:
        scene.world.clock.at = new_york(4, 9, 55)
        hold = await scene.desk.hold(scene.ann, scene.world.choice(scene.grey, scene.kind, new_york(4, 10)))
        assert hold.expires_at == new_york(4, 10)


def march(first: int, last: int, scene: Scene, **more: object) -> FindSlotsQuery:
    days = {"first_day": date(2026, 3, first), "last_day": date(2026, 3, last)}
    return FindSlotsQuery(kind_id=scene.kind.id, **days, **more)  # type: ignore[arg-type]


class TestFinding:
    async def test_a_day_without_what_is_taken(self, scene: Scene) -> None:
        await scene.desk.book(scene.bob, slot(scene, new_york(4, 10)))
        await scene.desk.hold(scene.bob, scene.world.choice(scene.grey, scene.kind, new_york(4, 12)))
        page = await scene.desk.find_slots(scene.ann, march(4, 4, scene))
        assert [one.starts_at for one in page.items] == [new_york(4, hour) for hour in (9, 11, 13, 14, 15, 16)]
        first = page.items[0]
        assert (first.clinician_name, first.clinician_credentials, first.zone) == ("Dr. Grey", "PhD", ZONE)
        assert (first.kind_name, first.telehealth, first.ends_at) == ("Individual session", True, new_york(4, 10))
        assert page.next == ""

    async def test_by_place(self, scene: Scene) -> None:
        place = await scene.world.add_place()
        green = await scene.world.add_clinician("Dr. Green")
        await scene.world.join_care_team(scene.ann.client_id, green)
        await scene.world.open_week(green, place_id=place.id, starts=time(9), ends=time(10))

        async def whose(**more: object) -> set[str]:
            page = await scene.desk.find_slots(scene.ann, march(4, 4, scene, **more))
            return {one.clinician_name for one in page.items}

        assert await whose() == {"Dr. Grey", "Dr. Green"}
        assert await whose(telehealth=True) == {"Dr. Grey"}
        assert await whose(telehealth=False) == {"Dr. Green"}
        assert await whose(place_id=place.id) == {"Dr. Green"}
        assert await whose(clinician_id=green) == {"Dr. Green"}
        assert await whose(clinician_id=green, telehealth=True) == set()

    async def test_pages_never_tear_one_time_apart(self, scene: Scene) -> None:
        for name in ("Dr. Green", "Dr. White"):
            other = await scene.world.add_clinician(name)
            await scene.world.join_care_team(scene.ann.client_id, other)
            await scene.world.open_week(other, ends=time(12))
        whole = await scene.desk.find_slots(scene.ann, march(3, 6, scene))
        found, after = [], ""
        while True:
            page = await scene.desk.find_slots(scene.ann, march(3, 6, scene, page=PageRequest(after, 4)))
            assert 1 <= len(page.items) <= 6
            found += page.items
            after = page.next
            if not after:
                break
        assert tuple(found) == whole.items
        assert len(found) == 4 * (8 + 3 + 3)

    @pytest.mark.parametrize("year", [1900, 2999])
    async def test_behind_a_cursor_of_another_age_is_the_whole_or_nothing(self, scene: Scene, year: int) -> None:
        whole = await scene.desk.find_slots(scene.ann, march(3, 6, scene))
        forged = PageRequest(cursor((datetime(year, 6, 1, tzinfo=UTC), scene.grey)))
        page = await scene.desk.find_slots(scene.ann, march(3, 6, scene, page=forged))
        assert page.items == (whole.items[:20] if year == 1900 else ())

    @pytest.mark.parametrize(("first", "last"), [(5, 4), (1, 43)])
    async def test_from_a_day_to_six_weeks(self, scene: Scene, first: int, last: int) -> None:
        day = date(2026, 3, 1)
        query = FindSlotsQuery(
            kind_id=scene.kind.id,
            first_day=day + timedelta(days=first - 1),
            last_day=day + timedelta(days=last - 1),
        )
        with pytest.raises(Invalid):
            await scene.desk.find_slots(scene.ann, query)

    async def test_dates_out_of_all_bounds(self, scene: Scene) -> None:
        for day in (date.min, date.max):
            with pytest.raises(Invalid):
                await scene.desk.find_slots(
                    scene.ann, FindSlotsQuery(kind_id=scene.kind.id, first_day=day, last_day=day)
                )

    async def test_nothing_to_find_where_nothing_is_booked_online(self, scene: Scene) -> None:
        lonely = scene.world.as_client(await scene.world.add_client())
        stranger = await scene.world.add_clinician()
        with pytest.raises(NotBookable):
            await scene.desk.find_slots(lonely, march(4, 4, scene))
        with pytest.raises(NotBookable):
            await scene.desk.find_slots(scene.ann, march(4, 4, scene, clinician_id=stranger))

    async def test_the_days_are_those_of_the_practice(self, scene: Scene) -> None:
        await scene.world.open_week(scene.grey, starts=time(20), ends=time(23))
        page = await scene.desk.find_slots(scene.ann, march(4, 4, scene))
        # In UTC the fifth has begun.
        assert [one.starts_at for one in page.items] == [new_york(4, hour) for hour in (20, 21, 22)]

    async def test_reading_is_audited_and_a_reader_may_read(self, scene: Scene) -> None:
        reader: Actor = scene.world.as_proxy(scene.ann.client_id, may_write=False)
        await scene.desk.find_slots(reader, march(4, 4, scene))
        assert [one.action for one in await scene.world.audit()][-1] == "slots.read"
        assert (await scene.world.audit())[-1].record == scene.ann.client_id
