"""Staff publish hours, block time, book, move, cancel and close, and see their day."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.errors import (
    NotBookable,
    NotStarted,
    OutsideAvailability,
    OwnOverlap,
    SlotTaken,
    TooSoon,
)
from portal_core.appointments.use_cases.add_availability_exception import AddAvailabilityExceptionCommand
from portal_core.appointments.use_cases.block_time import BlockTimeCommand
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.book_for_client import BookForClientCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.use_cases.list_day import ListDayQuery
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.publish_availability import Opening, PublishAvailabilityCommand
from portal_core.appointments.use_cases.remove_availability_exception import RemoveAvailabilityExceptionCommand
from portal_core.appointments.views import AppointmentFilter
from portal_core.appointments.views_practice import PracticeAppointmentView
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, PortalError, StaleVersion
from tests.support.contracts.appointments.world import ZONE, new_york
from tests.unit.appointments.conftest import Scene

NINE_TO_TWELVE = Opening(weekday=2, starts=time(9), ends=time(12))
WEDNESDAY = date(2026, 3, 4)


def grey(scene: Scene) -> StaffActor:
    """Dr. Grey, signed in."""
    return scene.world.as_staff("clinician", clinician_id=scene.grey, account_id=scene.account)


async def starts(scene: Scene, day: date = WEDNESDAY) -> list[datetime]:
    query = FindSlotsQuery(kind_id=scene.kind.id, first_day=day, last_day=day)
    return [one.starts_at for one in (await scene.desk.find_slots(scene.ann, query)).items]


async def booked(scene: Scene, *clients: str, hour: int = 10) -> PracticeAppointmentView:
    """By the front desk, on Wednesday, for Ann or for both."""
    kind = scene.kind if len(clients) < 2 else await scene.world.add_kind("Couple", minutes=60, seats=2)
    command = BookForClientCommand(
        choice=scene.world.choice(scene.grey, kind, new_york(4, hour)),
        client_ids=tuple(getattr(scene, name).client_id for name in clients or ("ann",)),
    )
    return await scene.desk.book_for(scene.world.desk, command)


class TestAvailability:
    async def test_a_published_week_replaces_the_one_before(self, scene: Scene) -> None:
        command = PublishAvailabilityCommand(clinician_id=scene.grey, openings=(NINE_TO_TWELVE,))
        view = await scene.desk.publish(grey(scene), command)
        (rule,) = view.rules
        assert (rule.weekday, rule.starts, rule.ends, rule.zone) == (2, time(9), time(12), ZONE)
        assert (rule.valid_from, rule.valid_until) == (date(2026, 3, 2), None)
        assert await starts(scene) == [new_york(4, hour) for hour in (9, 10, 11)]
        assert await starts(scene, date(2026, 3, 5)) == []
        assert await scene.desk.show_availability(scene.world.desk, scene.grey) == view
        assert ("availability.published", scene.grey) in [(one.action, one.target) for one in await scene.world.audit()]

    async def test_a_week_that_was_published_meanwhile_is_not_replaced(self, scene: Scene) -> None:
        shown = await scene.desk.show_availability(scene.world.desk, scene.grey)
        command = PublishAvailabilityCommand(
            clinician_id=scene.grey, openings=(NINE_TO_TWELVE,), replaces=[one.id for one in shown.rules]
        )
        view = await scene.desk.publish(grey(scene), command)
        standing = frozenset(one.id for one in view.rules)
        for stale in (command.replaces, (), standing | {scene.world.ids.new()}):
            with pytest.raises(StaleVersion):
                await scene.desk.publish(scene.world.desk, evolve(command, openings=(), replaces=stale))
        assert await scene.desk.show_availability(scene.world.desk, scene.grey) == view
        empty = await scene.desk.publish(scene.world.desk, evolve(command, openings=(), replaces=standing))
        assert empty.rules == ()
        again = await scene.desk.publish(scene.world.desk, evolve(command, replaces=()))
        assert len(again.rules) == 1

    async def test_what_is_booked_stays(self, scene: Scene) -> None:
        await booked(scene, hour=15)
        await scene.desk.publish(
            scene.world.desk, PublishAvailabilityCommand(clinician_id=scene.grey, openings=(NINE_TO_TWELVE,))
        )
        day = await scene.desk.day(scene.world.desk, ListDayQuery(date=WEDNESDAY))
        assert [one.status for one in day.appointments] == ["booked"]

    async def test_hours_are_by_the_clocks_of_the_place_and_for_its_kinds(self, scene: Scene) -> None:
        chicago = await scene.world.add_place(zone="America/Chicago")
        other = await scene.world.add_kind("Other", minutes=60)
        opening = Opening(weekday=2, starts=time(9), ends=time(10), place_id=chicago.id, kind_ids=[scene.kind.id])
        await scene.desk.publish(grey(scene), PublishAvailabilityCommand(clinician_id=scene.grey, openings=(opening,)))
        assert await starts(scene) == [new_york(4, 10)]
        with pytest.raises(OutsideAvailability):
            choice = scene.world.choice(scene.grey, other, new_york(4, 10), chicago.id)
            await scene.desk.book(scene.ann, BookAppointmentCommand(choice=choice))

    async def test_every_mistake_is_named_with_its_number(self, scene: Scene) -> None:
        openings = (
            NINE_TO_TWELVE,
            Opening(weekday=7, starts=time(9), ends=time(12)),
            Opening(weekday=1, starts=time(12), ends=time(9)),
            Opening(weekday=1, starts=time(9), ends=time(12), place_id=scene.world.ids.new()),
            Opening(weekday=1, starts=time(9), ends=time(12), kind_ids=[scene.world.ids.new()]),
        )
        before = await starts(scene)
        with pytest.raises(Invalid) as refused:
            await scene.desk.publish(
                grey(scene), PublishAvailabilityCommand(clinician_id=scene.grey, openings=openings)
            )
        assert [(one.path, one.code) for one in refused.value.fields] == [
            ("openings.1.weekday", "out_of_range"),
            ("openings.2.ends", "not_after_start"),
            ("openings.3.place_id", "unknown"),
            ("openings.4.kind_ids", "unknown"),
        ]
        with pytest.raises(Invalid):
            await scene.desk.publish(
                grey(scene), PublishAvailabilityCommand(clinician_id=scene.grey, openings=(NINE_TO_TWELVE,) * 101)
            )
        assert await starts(scene) == before

    async def test_one_date_that_differs(self, scene: Scene) -> None:
        closed = AddAvailabilityExceptionCommand(clinician_id=scene.grey, date=WEDNESDAY, opens=False)
        view = await scene.desk.add_exception(grey(scene), closed)
        assert await starts(scene) == []
        assert (await scene.desk.show_availability(grey(scene), scene.grey)).exceptions == (view,)
        saturday = AddAvailabilityExceptionCommand(
            clinician_id=scene.grey, date=date(2026, 3, 7), opens=True, starts=time(10), ends=time(12)
        )
        await scene.desk.add_exception(scene.world.desk, saturday)
        assert await starts(scene, date(2026, 3, 7)) == [new_york(7, 10), new_york(7, 11)]
        gone = RemoveAvailabilityExceptionCommand(clinician_id=scene.grey, exception_id=view.id)
        await scene.desk.remove_exception(grey(scene), gone)
        assert len(await starts(scene)) == 8
        with pytest.raises(NotFound):
            await scene.desk.remove_exception(grey(scene), gone)
        with pytest.raises(Invalid):
            await scene.desk.add_exception(
                grey(scene),
                AddAvailabilityExceptionCommand(
                    clinician_id=scene.grey, date=WEDNESDAY, opens=True, place_id=scene.world.ids.new()
                ),
            )

    async def test_the_same_date_twice_is_there_once(self, scene: Scene) -> None:
        closed = AddAvailabilityExceptionCommand(clinician_id=scene.grey, date=WEDNESDAY, opens=False)
        view = await scene.desk.add_exception(grey(scene), closed)
        assert await scene.desk.add_exception(scene.world.desk, closed) == view
        other = await scene.desk.add_exception(grey(scene), evolve(closed, starts=time(9), ends=time(10)))
        assert {one.id for one in (await scene.desk.show_availability(grey(scene), scene.grey)).exceptions} == {
            view.id,
            other.id,
        }
        added = [one.target for one in await scene.world.audit() if one.action == "availability_exception.added"]
        assert added == [view.id, other.id]

    @pytest.mark.parametrize(
        ("zone", "today"), [("Pacific/Kiritimati", date(2026, 3, 5)), ("America/New_York", date(2026, 3, 4))]
    )
    async def test_what_is_over_differs_no_more(self, scene: Scene, zone: str, today: date) -> None:
        """Today is the day on the wall of the place."""
        place = (await scene.world.add_place("Elsewhere", zone=zone)).id
        scene.world.clock.at = datetime(2026, 3, 4, 20, tzinfo=UTC)
        command = AddAvailabilityExceptionCommand(clinician_id=scene.grey, date=today, opens=False, place_id=place)
        assert (await scene.desk.add_exception(grey(scene), command)).date == today
        with pytest.raises(Invalid) as refused:
            await scene.desk.add_exception(grey(scene), evolve(command, date=today - timedelta(days=1)))
        assert [(one.path, one.code) for one in refused.value.fields] == [("date", "past")]

    async def test_whose_it_is(self, scene: Scene) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        command = PublishAvailabilityCommand(clinician_id=green, openings=())
        exception = AddAvailabilityExceptionCommand(clinician_id=green, date=WEDNESDAY, opens=False)
        removal = RemoveAvailabilityExceptionCommand(clinician_id=green, exception_id=scene.world.ids.new())
        block = BlockTimeCommand(clinician_id=green, starts_at=new_york(4, 9), ends_at=new_york(4, 10))
        nobody = scene.world.as_staff("clinician")
        for actor, refusal in (
            (grey(scene), NotFound),
            (nobody, NotFound),
            (scene.ann, NotFound),
            (scene.world.as_staff("biller", "auditor"), Forbidden),
        ):
            for doing in (
                scene.desk.publish(actor, command),
                scene.desk.show_availability(actor, green),
                scene.desk.add_exception(actor, exception),
                scene.desk.remove_exception(actor, removal),
                scene.desk.block(actor, block),
                scene.desk.day(actor, ListDayQuery(date=WEDNESDAY, clinician_id=green)),
            ):
                with pytest.raises(refusal):
                    await doing
        with pytest.raises(NotFound):
            await scene.desk.day(nobody, ListDayQuery(date=WEDNESDAY))

    async def test_a_clinician_who_does_not_exist(self, scene: Scene) -> None:
        nobody, front = scene.world.ids.new(), scene.world.desk
        for doing in (
            scene.desk.publish(front, PublishAvailabilityCommand(clinician_id=nobody, openings=())),
            scene.desk.show_availability(front, nobody),
            scene.desk.add_exception(
                front, AddAvailabilityExceptionCommand(clinician_id=nobody, date=WEDNESDAY, opens=False)
            ),
            scene.desk.block(
                front, BlockTimeCommand(clinician_id=nobody, starts_at=new_york(4, 9), ends_at=new_york(4, 10))
            ),
            scene.desk.day(front, ListDayQuery(date=WEDNESDAY, clinician_id=nobody)),
        ):
            with pytest.raises(NotFound):
                await doing


class TestBlocking:
    async def test_nothing_is_booked_into_it_until_it_is_taken_away(self, scene: Scene) -> None:
        there = await booked(scene, hour=10)
        held = await scene.desk.hold(scene.bob, scene.world.choice(scene.grey, scene.kind, new_york(4, 12)))
        command = BlockTimeCommand(clinician_id=scene.grey, starts_at=new_york(4, 9, 30), ends_at=new_york(4, 14))
        block = await scene.desk.block(grey(scene), command)
        assert block.conflicts == (there.id,)
        assert await starts(scene) == [new_york(4, hour) for hour in (14, 15, 16)]
        with pytest.raises(SlotTaken):
            await scene.desk.book(scene.bob, BookAppointmentCommand(hold_id=held.id))
        assert (await scene.desk.show(scene.ann, there.id)).status == "booked"
        await scene.desk.unblock(grey(scene), block.id)
        await scene.desk.book(scene.bob, BookAppointmentCommand(hold_id=held.id))
        with pytest.raises(NotFound):
            await scene.desk.unblock(grey(scene), block.id)

    async def test_a_colleagues_block_is_not_ones_own(self, scene: Scene) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        command = BlockTimeCommand(clinician_id=green, starts_at=new_york(4, 9), ends_at=new_york(4, 14))
        block = await scene.desk.block(scene.world.desk, command)
        with pytest.raises(NotFound):
            await scene.desk.unblock(grey(scene), block.id)
        await scene.desk.unblock(scene.world.desk, block.id)

    @pytest.mark.parametrize(("first", "last"), [(new_york(4, 9), new_york(4, 9)), (new_york(4, 9), new_york(4, 8))])
    def test_a_block_lasts_for_some_time(self, scene: Scene, first: datetime, last: datetime) -> None:
        with pytest.raises(Invalid):
            BlockTimeCommand(clinician_id=scene.grey, starts_at=first, ends_at=last)
        with pytest.raises(Invalid):
            BlockTimeCommand(clinician_id=scene.grey, starts_at=first, ends_at=first + timedelta(days=401))


class TestBookingForClients:
    async def test_each_is_told_and_none_of_the_others(self, scene: Scene) -> None:
        view = await booked(scene, "ann", "bob")
        assert {one.client_name for one in view.attendances} == {"Ann Lee", "Bob Lee"}
        told = [one.to_client or one.to_account for one in await scene.world.notices()]
        assert told == [scene.ann.client_id, scene.bob.client_id, scene.account]
        entries = [one.record for one in await scene.world.audit() if one.action == "appointment.booked"]
        assert entries == [scene.ann.client_id, scene.bob.client_id]
        assert (await scene.desk.show(scene.ann, view.id)).can_reschedule is False

    async def test_a_clinician_who_books_is_not_told(self, scene: Scene) -> None:
        choice = scene.world.choice(scene.grey, scene.kind, new_york(4, 10))
        await scene.desk.book_for(
            grey(scene), BookForClientCommand(choice=choice, client_ids=(scene.ann.client_id, scene.ann.client_id))
        )
        assert [one.to_client for one in await scene.world.notices()] == [scene.ann.client_id]

    async def test_staff_need_no_notice_no_grid_and_no_online_booking(self, scene: Scene) -> None:
        kind = await scene.world.add_kind(minutes=60, online=False, notice_hours=100, advance_days=0)
        for at in (new_york(4, 10, 7), new_york(1, 9, month=7)):
            choice = scene.world.choice(scene.grey, kind, at)
            await scene.desk.book_for(
                scene.world.desk, BookForClientCommand(choice=choice, client_ids=(scene.ann.client_id,))
            )

    async def test_outside_of_hours_only_on_purpose_and_never_over_somebody(self, scene: Scene) -> None:
        def command(hour: int, outside_hours: bool, client: str = "ann") -> BookForClientCommand:
            return BookForClientCommand(
                choice=scene.world.choice(scene.grey, scene.kind, new_york(4, hour)),
                client_ids=(getattr(scene, client).client_id,),
                outside_hours=outside_hours,
            )

        front = scene.world.desk
        with pytest.raises(OutsideAvailability):
            await scene.desk.book_for(front, command(20, False))
        await scene.desk.book_for(front, command(20, True))
        with pytest.raises(SlotTaken):
            await scene.desk.book_for(front, command(20, True, "bob"))
        scene.world.clock.at = new_york(4, 12)
        with pytest.raises(TooSoon):
            await scene.desk.book_for(front, command(11, True))

    async def test_a_visit_that_took_place_is_written_down_and_nobody_is_told(self, scene: Scene) -> None:
        ann, bob = scene.ann.client_id, scene.bob.client_id
        scene.world.clock.at = new_york(4, 12)

        def visit(hour: int, client: UUID = ann, **more: bool) -> BookForClientCommand:
            choice = scene.world.choice(scene.grey, scene.kind, new_york(4, hour))
            return BookForClientCommand(choice=choice, client_ids=(client,), took_place=True, **more)

        for actor, command in ((scene.world.desk, visit(10)), (grey(scene), visit(12, bob))):
            view = await scene.desk.book_for(actor, command)
            assert view.status == "completed"
            assert [one.status for one in view.attendances] == ["attending"]
        assert await scene.world.notices() == []
        await scene.desk.remind_of_appointments(scene.world.system)
        assert await scene.world.notices() == []
        past = ListMyAppointmentsQuery(AppointmentFilter("past"))
        assert [one.status for one in (await scene.desk.list_mine(scene.ann, past)).items] == ["completed"]
        written = [
            (one.action, one.record) for one in await scene.world.audit() if one.action.startswith("appointment.")
        ]
        assert written == [("appointment.recorded", ann), ("appointment.recorded", bob)]
        for refusal, refused in (
            (NotStarted, visit(13)),
            (SlotTaken, visit(10, bob)),
            (OutsideAvailability, visit(7)),
        ):
            with pytest.raises(refusal):
                await scene.desk.book_for(scene.world.desk, refused)
        green = await scene.world.add_clinician("Dr. Green")
        elsewhere = scene.world.choice(green, scene.kind, new_york(4, 10))
        with pytest.raises(OwnOverlap):
            await scene.desk.book_for(scene.world.desk, evolve(visit(10, outside_hours=True), choice=elsewhere))
        await scene.desk.book_for(scene.world.desk, visit(7, outside_hours=True))

    async def test_what_took_place_is_written_down_within_thirty_days(self, scene: Scene) -> None:
        at = new_york(4, 10)
        choice = scene.world.choice(scene.grey, scene.kind, at)
        command = BookForClientCommand(choice=choice, client_ids=(scene.ann.client_id,), took_place=True)
        scene.world.clock.at = at + timedelta(days=30, microseconds=1)
        with pytest.raises(Invalid) as refused:
            await scene.desk.book_for(scene.world.desk, command)
        assert [one.path for one in refused.value.fields] == ["starts_at"]
        scene.world.clock.at = at + timedelta(days=30)
        await scene.desk.book_for(scene.world.desk, command)

    async def test_what_is_refused(self, scene: Scene) -> None:
        world = scene.world
        choice = world.choice(scene.grey, scene.kind, new_york(4, 10))
        ann, bob = scene.ann.client_id, scene.bob.client_id
        green = await world.add_clinician("Dr. Green")
        await world.open_week(green)
        gone = await world.add_kind(active=False)

        async def refused(error: type[PortalError], command: BookForClientCommand) -> None:
            with pytest.raises(error):
                await scene.desk.book_for(world.desk, command)

        await refused(Invalid, BookForClientCommand(choice=choice, client_ids=(ann, bob)))
        await refused(NotFound, BookForClientCommand(choice=choice, client_ids=(world.ids.new(),)))
        await refused(
            NotBookable,
            BookForClientCommand(choice=world.choice(scene.grey, gone, new_york(4, 10)), client_ids=(ann,)),
        )
        await booked(scene)
        await refused(
            OwnOverlap,
            BookForClientCommand(choice=world.choice(green, scene.kind, new_york(4, 10)), client_ids=(ann,)),
        )
        with pytest.raises(Invalid):
            BookForClientCommand(choice=choice, client_ids=())
        for actor in (scene.ann, world.as_staff("clinician", clinician_id=green)):
            with pytest.raises(NotFound):
                await scene.desk.book_for(actor, BookForClientCommand(choice=choice, client_ids=(ann,)))
