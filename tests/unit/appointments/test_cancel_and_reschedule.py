"""Clients cancel and move."""

from datetime import datetime, time, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.booking_changes import locked
from portal_core.appointments.errors import (
    AlreadyStarted,
    LateCancelRefused,
    MovedByPracticeOnly,
    NotBookable,
    NotBooked,
    OutsideAvailability,
    SlotTaken,
)
from portal_core.appointments.model import Booking
from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.settings import AppointmentRules
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.reschedule_appointment import RescheduleAppointmentCommand
from portal_core.appointments.views import AppointmentFilter, AppointmentView
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from portal_core.kernel.money import Money
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import Scene

FEE = Money(75_00)
WEDNESDAY_AT_TEN = new_york(4, 10)


async def booked(scene: Scene, at: datetime = WEDNESDAY_AT_TEN) -> AppointmentView:
    choice = scene.world.choice(scene.grey, scene.kind, at)
    return await scene.desk.book(scene.ann, BookAppointmentCommand(choice=choice))


async def couple(scene: Scene, at: datetime = WEDNESDAY_AT_TEN) -> UUID:
    kind = await scene.world.add_kind("Couple", minutes=60, seats=2)
    clients = (scene.ann.client_id, scene.bob.client_id)
    return (await scene.world.add_booking(scene.grey, kind, at, *clients)).appointment.id


def off(appointment_id: UUID, **more: object) -> CancelAppointmentCommand:
    return CancelAppointmentCommand(appointment_id=appointment_id, **more)  # type: ignore[arg-type]


def to(scene: Scene, appointment_id: UUID, at: datetime, **more: object) -> RescheduleAppointmentCommand:
    changes = {"clinician_id": scene.grey, "starts_at": at, **more}
    return RescheduleAppointmentCommand(appointment_id=appointment_id, **changes)  # type: ignore[arg-type]


class TestCancelling:
    async def test_it_stays_in_the_history_and_its_time_is_free(self, scene: Scene) -> None:
        view = await booked(scene)
        gone = await scene.desk.cancel(scene.ann, off(view.id, reason="A cold"))
        assert (gone.status, gone.cancelled_at, gone.cancel_reason) == ("cancelled", scene.world.clock.now(), "A cold")
        assert (gone.cancelled_late, gone.fee_due, gone.can_cancel, gone.can_reschedule) == (False, None, False, False)
        assert gone.version == view.version + 1
        listed = await scene.desk.list_mine(scene.ann, ListMyAppointmentsQuery(AppointmentFilter("cancelled")))
        assert listed.items == (gone,)
        choice = scene.world.choice(scene.grey, scene.kind, new_york(4, 10))
        await scene.desk.book(scene.bob, BookAppointmentCommand(choice=choice))

    async def test_the_freed_time_is_offered_by_a_job_that_knows_ids_alone(self, scene: Scene) -> None:
        view = await booked(scene)
        await scene.desk.cancel(scene.ann, off(view.id))
        (job,) = await scene.world.jobs("offer_freed_slot")
        async with scene.world.begin(scene.world.system) as unit:
            freed = await unit.freed_slots.get(job["freed_slot_id"])
        assert (freed.clinician_id, freed.kind_id, freed.starts_at) == (scene.grey, scene.kind.id, new_york(4, 10))

    async def test_client_and_clinician_are_told_and_it_is_audited(self, scene: Scene) -> None:
        view = await booked(scene)
        await scene.desk.cancel(scene.ann, off(view.id, reason="A cold"))
        told = [(one.kind, one.to_client, one.to_account) for one in (await scene.world.notices())[2:]]
        assert told == [
            ("appointment_cancelled", scene.ann.client_id, None),
            ("appointment_cancelled", None, scene.account),
        ]
        entry = (await scene.world.audit())[-1]
        assert (entry.action, entry.target, entry.record) == ("appointment.cancelled", view.id, scene.ann.client_id)
        assert dict(entry.facts) == {"late": "false"}, "and not the reason"

    async def test_twice_is_once(self, scene: Scene) -> None:
        view = await booked(scene)
        await scene.desk.cancel(scene.ann, off(view.id))
        with pytest.raises(NotBooked):
            await scene.desk.cancel(scene.ann, off(view.id))
        assert len(await scene.world.jobs("offer_freed_slot")) == 1

    async def test_what_has_begun(self, scene: Scene) -> None:
        view = await booked(scene)
        scene.world.clock.at = new_york(4, 10)
        with pytest.raises(AlreadyStarted):
            await scene.desk.cancel(scene.ann, off(view.id))

    async def test_only_ones_own(self, scene: Scene) -> None:
        view = await booked(scene)
        for actor in (scene.bob, scene.world.desk):
            with pytest.raises(NotFound):
                await scene.desk.cancel(actor, off(view.id))
        with pytest.raises(NotFound):
            await scene.desk.cancel(scene.ann, off(scene.world.ids.new()))
        with pytest.raises(Forbidden):
            await scene.desk.cancel(scene.world.as_proxy(scene.ann.client_id, may_write=False), off(view.id))
        assert (await scene.desk.show(scene.ann, view.id)).status == "booked"

    async def test_a_version_that_was_not_shown(self, scene: Scene) -> None:
        view = await booked(scene)
        await scene.desk.reschedule(scene.ann, to(scene, view.id, new_york(4, 11), version=view.version))
        with pytest.raises(StaleVersion):
            await scene.desk.cancel(scene.ann, off(view.id, version=view.version))
        await scene.desk.cancel(scene.ann, off(view.id, version=view.version + 1))

    async def test_a_reason_is_at_most_a_thousand_characters(self) -> None:
        assert off(UUID(int=1), reason="é" * 1000).reason
        with pytest.raises(Invalid):
            off(UUID(int=1), reason="é" * 1001)


class TestLateCancelling:
    async def _late(self, scene: Scene, rules: AppointmentRules) -> AppointmentView:
        await scene.world.save_rules(rules)
        view = await booked(scene)
        scene.world.clock.at = new_york(3, 10) + timedelta.resolution
        return await scene.desk.show(scene.ann, view.id)

    async def test_at_the_deadline_it_is_not_late(self, scene: Scene) -> None:
        view = await booked(scene)
        scene.world.clock.at = view.cancel_deadline
        assert (await scene.desk.show(scene.ann, view.id)).can_cancel
        assert not (await scene.desk.cancel(scene.ann, off(view.id))).cancelled_late

    async def test_refused(self, scene: Scene) -> None:
        view = await self._late(scene, AppointmentRules(late_cancel="refuse"))
        assert (view.can_cancel, view.can_reschedule, view.cancel_fee) == (False, False, None)
        with pytest.raises(LateCancelRefused):
            await scene.desk.cancel(scene.ann, off(view.id))
        with pytest.raises(LateCancelRefused):
            await scene.desk.reschedule(scene.ann, to(scene, view.id, new_york(5, 10)))
        assert (await scene.desk.show(scene.ann, view.id)) == view

    async def test_allowed(self, scene: Scene) -> None:
        view = await self._late(scene, AppointmentRules(late_cancel="allow", late_fee=FEE))
        assert (view.can_cancel, view.cancel_fee) == (True, None)
        gone = await scene.desk.cancel(scene.ann, off(view.id))
        assert (gone.cancelled_late, gone.fee_due) == (True, None)
        assert "late_cancel_fee" not in [one.kind for one in await scene.world.notices()]
        assert (await scene.world.audit())[-1].facts == {"late": "true"}

    async def test_with_a_fee(self, scene: Scene) -> None:
        view = await self._late(scene, AppointmentRules(late_cancel="fee", late_fee=FEE))
        assert (view.can_cancel, view.cancel_fee) == (True, FEE)
        gone = await scene.desk.cancel(scene.ann, off(view.id))
        assert (gone.cancelled_late, gone.fee_due, gone.cancel_fee) == (True, FEE, None)
        told = [one.to_client for one in await scene.world.notices() if one.kind == "late_cancel_fee"]
        assert told == [scene.ann.client_id]

    async def test_a_fee_for_moving_late_stays_due_and_is_told_once(self, scene: Scene) -> None:
        view = await self._late(scene, AppointmentRules(late_cancel="fee", late_fee=FEE))
        moved = await scene.desk.reschedule(scene.ann, to(scene, view.id, new_york(6, 10)))
        assert (moved.fee_due, moved.status) == (FEE, "booked")
        gone = await scene.desk.cancel(scene.ann, off(view.id))
        assert (gone.fee_due, gone.cancelled_late) == (FEE, False)
        assert [one.kind for one in await scene.world.notices()].count("late_cancel_fee") == 1

    async def test_a_day_of_notice_is_the_same_time_on_the_day_before_the_clocks_change(self, scene: Scene) -> None:
        # On Sunday the 8th New York's clocks go forward; the practice sees people on Mondays.
        await scene.world.save_rules(AppointmentRules(cancel_notice=CalendarDays(1)))
        view = await booked(scene, new_york(9, 10))
        assert view.cancel_deadline == new_york(8, 10)
        await scene.world.save_rules(AppointmentRules(cancel_notice=timedelta(hours=36)))
        view = await scene.desk.show(scene.ann, view.id)
        assert view.cancel_deadline == new_york(7, 21), "36 hours, one of them not on the clock"


class TestMoving:
    async def test_the_id_stays_and_the_old_time_is_free(self, scene: Scene) -> None:
        view = await booked(scene)
        moved = await scene.desk.reschedule(scene.ann, to(scene, view.id, new_york(5, 11)))
        assert (moved.id, moved.starts_at, moved.ends_at) == (view.id, new_york(5, 11), new_york(5, 12))
        assert moved.version == view.version + 1
        (job,) = await scene.world.jobs("offer_freed_slot")
        async with scene.world.begin(scene.world.system) as unit:
            assert (await unit.freed_slots.get(job["freed_slot_id"])).starts_at == new_york(4, 10)
        choice = scene.world.choice(scene.grey, scene.kind, new_york(4, 10))
        await scene.desk.book(scene.bob, BookAppointmentCommand(choice=choice))
        with pytest.raises(SlotTaken):
            await scene.desk.reschedule(scene.bob, to(scene, (await self._of_bob(scene)), new_york(5, 11)))

    async def _of_bob(self, scene: Scene) -> UUID:
        return (await scene.desk.list_mine(scene.bob, ListMyAppointmentsQuery())).items[0].id

    async def test_the_old_time_is_kept_when_the_new_one_is_not_to_be_had(self, scene: Scene) -> None:
        view = await booked(scene)
        choice = scene.world.choice(scene.grey, scene.kind, new_york(5, 11))
        await scene.desk.book(scene.bob, BookAppointmentCommand(choice=choice))
        with pytest.raises(SlotTaken):
            await scene.desk.reschedule(scene.ann, to(scene, view.id, new_york(5, 11)))
        with pytest.raises(OutsideAvailability):
            await scene.desk.reschedule(scene.ann, to(scene, view.id, new_york(5, 7)))
        with pytest.raises(NotBookable):
            await scene.desk.reschedule(
                scene.ann, to(scene, view.id, new_york(5, 12), clinician_id=scene.world.ids.new())
            )
        assert await scene.desk.show(scene.ann, view.id) == view
        with pytest.raises(SlotTaken):
            choice = scene.world.choice(scene.grey, scene.kind, new_york(4, 10))
            await scene.desk.book(scene.bob, BookAppointmentCommand(choice=choice))
        assert await scene.world.jobs("offer_freed_slot") == []

    async def test_to_where_it_is_nothing_changes_and_nobody_is_told(self, scene: Scene) -> None:
        await scene.world.save_rules(AppointmentRules(late_cancel="fee", late_fee=FEE))
        view = await booked(scene)
        scene.world.clock.at = new_york(3, 10) + timedelta.resolution
        told = await scene.world.notices()
        assert await scene.desk.reschedule(scene.ann, to(scene, view.id, WEDNESDAY_AT_TEN)) == await scene.desk.show(
            scene.ann, view.id
        )
        assert (await scene.desk.show(scene.ann, view.id)).version == view.version
        assert (await scene.world.notices(), await scene.world.jobs("offer_freed_slot")) == (told, [])
        with pytest.raises(StaleVersion):
            await scene.desk.reschedule(scene.ann, to(scene, view.id, WEDNESDAY_AT_TEN, version=view.version + 1))

    async def test_it_may_overlap_its_own_old_time(self, scene: Scene) -> None:
        kind = await scene.world.add_kind(minutes=60, step=15)
        choice = scene.world.choice(scene.grey, kind, new_york(4, 10))
        view = await scene.desk.book(scene.ann, BookAppointmentCommand(choice=choice))
        moved = await scene.desk.reschedule(scene.ann, to(scene, view.id, new_york(4, 10, 15)))
        assert moved.starts_at == new_york(4, 10, 15)

    async def test_to_another_clinician_and_place(self, scene: Scene) -> None:
        view = await booked(scene)
        green, place = await scene.world.add_clinician("Dr. Green"), await scene.world.add_place()
        account = await scene.world.add_account_of(green)
        await scene.world.join_care_team(scene.ann.client_id, green)
        await scene.world.open_week(green, place_id=place.id)
        command = to(scene, view.id, new_york(4, 11), clinician_id=green, place_id=place.id)
        moved = await scene.desk.reschedule(scene.ann, command)
        assert (moved.clinician_name, moved.place_name, moved.telehealth) == ("Dr. Green", "Main office", False)
        told = [(one.kind, one.to_client or one.to_account) for one in (await scene.world.notices())[2:]]
        assert told == [
            ("appointment_rescheduled", scene.ann.client_id),
            ("appointment_rescheduled", account),
            ("appointment_cancelled", scene.account),
        ]

    async def test_only_what_stands_and_is_ones_own(self, scene: Scene) -> None:
        view = await booked(scene)
        with pytest.raises(NotFound):
            await scene.desk.reschedule(scene.bob, to(scene, view.id, new_york(5, 10)))
        with pytest.raises(StaleVersion):
            await scene.desk.reschedule(scene.ann, to(scene, view.id, new_york(5, 10), version=7))
        await scene.desk.cancel(scene.ann, off(view.id))
        with pytest.raises(NotBooked):
            await scene.desk.reschedule(scene.ann, to(scene, view.id, new_york(5, 10)))


class TestSeveralClients:
    async def test_who_leaves_is_gone_and_the_other_notices_nothing(self, scene: Scene) -> None:
        appointment_id = await couple(scene)
        before = await scene.desk.show(scene.bob, appointment_id)
        gone = await scene.desk.cancel(scene.ann, off(appointment_id, reason="We split up"))
        assert gone.status == "cancelled"
        assert await scene.desk.show(scene.bob, appointment_id) == before, "not even the version"
        assert await scene.world.jobs("offer_freed_slot") == []
        assert scene.bob.client_id not in [one.to_client for one in await scene.world.notices()]

    async def test_the_last_one_frees_the_time(self, scene: Scene) -> None:
        appointment_id = await couple(scene)
        await scene.desk.cancel(scene.ann, off(appointment_id))
        with pytest.raises(NotBooked):
            await scene.desk.cancel(scene.ann, off(appointment_id))
        await scene.desk.cancel(scene.bob, off(appointment_id))
        assert len(await scene.world.jobs("offer_freed_slot")) == 1
        assert not scene.world.store.table("calendar")

    async def test_it_is_moved_by_the_practice_only(self, scene: Scene) -> None:
        appointment_id = await couple(scene)
        assert not (await scene.desk.show(scene.ann, appointment_id)).can_reschedule
        with pytest.raises(MovedByPracticeOnly):
            await scene.desk.reschedule(scene.ann, to(scene, appointment_id, new_york(5, 10)))
        await scene.desk.cancel(scene.ann, off(appointment_id))
        with pytest.raises(NotBooked):
            await scene.desk.reschedule(scene.ann, to(scene, appointment_id, new_york(5, 10)))


class TestMeanwhile:
    """What another transaction did between the first look and the lock."""

    @pytest.mark.parametrize("gone", [True, False])
    async def test_it_went_to_another_clinician(self, scene: Scene, gone: bool) -> None:
        booking = await scene.world.add_booking(scene.grey, scene.kind, WEDNESDAY_AT_TEN, scene.ann.client_id)
        elsewhere = evolve(booking, appointment=evolve(booking.appointment, clinician_id=scene.world.ids.new()))
        answers = [booking, None if gone else elsewhere]

        async def find() -> Booking | None:
            return answers.pop(0)

        async with scene.world.begin(scene.world.desk) as unit:
            with pytest.raises(StaleVersion):
                await locked(unit, find, booking.appointment.id, scene.world.clock.now())


class TestLooking:
    async def test_reading_is_audited(self, scene: Scene) -> None:
        view = await booked(scene)
        await scene.desk.show(scene.ann, view.id)
        await scene.desk.list_mine(scene.ann, ListMyAppointmentsQuery())
        entries = [(one.action, one.target, one.record) for one in (await scene.world.audit())[-2:]]
        client = scene.ann.client_id
        assert entries == [("appointments.read", view.id, client), ("appointments.read", None, client)]

    async def test_others_do_not_exist_and_the_try_is_audited(self, scene: Scene) -> None:
        view = await booked(scene)
        with pytest.raises(NotFound):
            await scene.desk.show(scene.bob, view.id)
        entry = (await scene.world.audit())[-1]
        assert (entry.action, entry.target, entry.outcome) == ("access.denied", view.id, "denied")

    async def test_pages(self, scene: Scene) -> None:
        await scene.world.open_week(scene.grey, starts=time(9), ends=time(17))
        views = [await booked(scene, new_york(4, hour)) for hour in (11, 9, 10)]
        first = await scene.desk.list_mine(scene.ann, ListMyAppointmentsQuery(page=PageRequest(size=2)))
        rest = await scene.desk.list_mine(scene.ann, ListMyAppointmentsQuery(page=PageRequest(first.next, 2)))
        assert first.items + rest.items == (views[1], views[2], views[0])
        for size in (0, 101):
            with pytest.raises(Invalid):
                await scene.desk.list_mine(scene.ann, ListMyAppointmentsQuery(page=PageRequest(size=size)))

    async def test_one_can_join_from_a_quarter_of_an_hour_before_to_the_end(self, scene: Scene) -> None:
        view = await booked(scene)
        for at, expected in (
            (new_york(4, 9, 45) - timedelta.resolution, False),
            (new_york(4, 9, 45), True),
            (new_york(4, 11) - timedelta.resolution, True),
            (new_york(4, 11), False),
        ):
            scene.world.clock.at = at
            assert (await scene.desk.show(scene.ann, view.id)).can_join is expected
