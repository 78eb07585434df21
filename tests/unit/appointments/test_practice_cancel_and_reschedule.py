"""What the practice changes about appointments that stand."""

from datetime import date, datetime, time

import pytest

from portal_core.appointments.errors import (
    AlreadyStarted,
    NotBooked,
    NotStarted,
)
from portal_core.appointments.use_cases.block_time import BlockTimeCommand
from portal_core.appointments.use_cases.book_for_client import BookForClientCommand
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.cancel_for_clients import CancelForClientsCommand
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointmentCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.use_cases.list_day import ListDayQuery
from portal_core.appointments.use_cases.mark_no_show import MarkNoShowCommand
from portal_core.appointments.use_cases.move_for_clients import MoveForClientsCommand
from portal_core.appointments.use_cases.publish_availability import Opening
from portal_core.appointments.views_practice import PracticeAppointmentView
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import Invalid, NotFound, StaleVersion
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


class TestChangingForClients:
    async def test_cancelled_for_everybody_who_still_came(self, scene: Scene) -> None:
        view = await booked(scene, "ann", "bob")
        await scene.desk.cancel(scene.ann, CancelAppointmentCommand(appointment_id=view.id, reason="Mine"))
        told = len(await scene.world.notices())
        command = CancelForClientsCommand(appointment_id=view.id, reason="Dr. Grey is ill", version=view.version + 1)
        gone = await scene.desk.cancel_for(scene.world.desk, command)
        assert gone.status == "cancelled"
        reasons = {one.client_id: (one.reason, one.late, one.fee_due) for one in gone.attendances}
        assert reasons == {
            scene.ann.client_id: ("Mine", False, None),
            scene.bob.client_id: ("Dr. Grey is ill", False, None),
        }
        news = [one.to_client or one.to_account for one in (await scene.world.notices())[told:]]
        assert news == [scene.bob.client_id, scene.account]
        assert (await scene.desk.show(scene.bob, view.id)).cancel_reason == "Dr. Grey is ill"
        assert len(await scene.world.jobs("offer_freed_slot")) == 1
        assert len(await starts(scene)) == 8

    async def test_time_that_nobody_keeps_is_not_offered(self, scene: Scene) -> None:
        view = await booked(scene)
        await scene.desk.cancel_for(
            scene.world.desk, CancelForClientsCommand(appointment_id=view.id, offer_again=False)
        )
        assert await scene.world.jobs("offer_freed_slot") == []

    async def test_moved_for_everybody(self, scene: Scene) -> None:
        view = await booked(scene, "ann", "bob")
        green = await scene.world.add_clinician("Dr. Green")
        account = await scene.world.add_account_of(green)
        kind = (await self._kinds(scene))[view.kind_id]
        told = len(await scene.world.notices())
        command = MoveForClientsCommand(
            appointment_id=view.id,
            choice=scene.world.choice(green, kind, new_york(5, 19)),
            outside_hours=True,
            version=view.version,
        )
        moved = await scene.desk.move_for(scene.world.desk, command)
        assert (moved.id, moved.starts_at, moved.clinician_name) == (view.id, new_york(5, 19), "Dr. Green")
        news = [(one.kind, one.to_client or one.to_account) for one in (await scene.world.notices())[told:]]
        assert news == [
            ("appointment_rescheduled", scene.ann.client_id),
            ("appointment_rescheduled", scene.bob.client_id),
            ("appointment_rescheduled", account),
            ("appointment_cancelled", scene.account),
        ]
        assert (await scene.desk.show(scene.bob, view.id)).version == 1
        with pytest.raises(StaleVersion):
            await scene.desk.move_for(scene.world.desk, command)

    async def _kinds(self, scene: Scene) -> dict[object, object]:
        async with scene.world.begin(scene.world.desk) as unit:
            return dict((await unit.directory.for_practice()).kinds)

    async def test_moved_by_the_clinician_themself(self, scene: Scene) -> None:
        view = await booked(scene)
        told = len(await scene.world.notices())
        choice = scene.world.choice(scene.grey, scene.kind, new_york(5, 10))
        await scene.desk.move_for(grey(scene), MoveForClientsCommand(appointment_id=view.id, choice=choice))
        news = [(one.kind, one.to_client) for one in (await scene.world.notices())[told:]]
        assert news == [("appointment_rescheduled", scene.ann.client_id)]
        assert len(await starts(scene)) == 8
        assert len(await scene.world.jobs("offer_freed_slot")) == 1

    async def test_moving_keeps_the_kind(self, scene: Scene) -> None:
        view = await booked(scene)
        other = await scene.world.add_kind("Other")
        choice = scene.world.choice(scene.grey, other, new_york(5, 10))
        with pytest.raises(Invalid):
            await scene.desk.move_for(scene.world.desk, MoveForClientsCommand(appointment_id=view.id, choice=choice))

    async def test_closing_what_took_place_and_what_did_not(self, scene: Scene) -> None:
        front, view, other = scene.world.desk, await booked(scene), await booked(scene, "bob", hour=11)
        done = CompleteAppointmentCommand(appointment_id=view.id)
        missed = MarkNoShowCommand(appointment_id=other.id, client_id=scene.bob.client_id)
        for doing in (scene.desk.complete(front, done), scene.desk.no_show(front, missed)):
            with pytest.raises(NotStarted):
                await doing
        scene.world.clock.at = new_york(4, 11)
        assert (await scene.desk.complete(grey(scene), done)).status == "completed"
        assert (await scene.desk.no_show(grey(scene), missed)).status == "no_show"
        assert (await scene.desk.show(scene.bob, other.id)).status == "no_show"
        for doing in (
            scene.desk.complete(front, done),
            scene.desk.no_show(front, missed),
            scene.desk.cancel_for(front, CancelForClientsCommand(appointment_id=view.id)),
        ):
            with pytest.raises(NotBooked):
                await doing
        actions = {one.action for one in await scene.world.audit() if one.target in (view.id, other.id)}
        assert {"appointment.completed", "appointment.missed"} <= actions

    async def test_one_of_two_did_not_come(self, scene: Scene) -> None:
        view = await booked(scene, "ann", "bob")
        scene.world.clock.at = new_york(4, 10, 20)
        with pytest.raises(AlreadyStarted):
            await scene.desk.cancel_for(scene.world.desk, CancelForClientsCommand(appointment_id=view.id))
        missed = MarkNoShowCommand(appointment_id=view.id, client_id=scene.ann.client_id)
        assert (await scene.desk.no_show(scene.world.desk, missed)).status == "booked"
        with pytest.raises(NotBooked):
            await scene.desk.no_show(scene.world.desk, missed)
        stranger = MarkNoShowCommand(appointment_id=view.id, client_id=scene.world.ids.new())
        with pytest.raises(NotFound):
            await scene.desk.no_show(scene.world.desk, stranger)
        await scene.desk.complete(scene.world.desk, CompleteAppointmentCommand(appointment_id=view.id))
        assert (await scene.desk.show(scene.ann, view.id)).status == "no_show"
        assert (await scene.desk.show(scene.bob, view.id)).status == "completed"

    async def test_a_colleagues_appointments_are_not_ones_own(self, scene: Scene) -> None:
        view = await booked(scene)
        green = await scene.world.add_clinician("Dr. Green")
        actor = scene.world.as_staff("clinician", clinician_id=green)
        scene.world.clock.at = new_york(4, 9)
        own_time = scene.world.choice(green, scene.kind, new_york(5, 10))
        for doing in (
            scene.desk.cancel_for(actor, CancelForClientsCommand(appointment_id=view.id)),
            scene.desk.move_for(actor, MoveForClientsCommand(appointment_id=view.id, choice=own_time)),
            scene.desk.complete(actor, CompleteAppointmentCommand(appointment_id=view.id)),
            scene.desk.no_show(actor, MarkNoShowCommand(appointment_id=view.id, client_id=scene.ann.client_id)),
            scene.desk.cancel_for(scene.world.desk, CancelForClientsCommand(appointment_id=scene.world.ids.new())),
        ):
            with pytest.raises(NotFound):
                await doing
        assert (await scene.desk.show(scene.ann, view.id)).status == "booked"


class TestTheDay:
    async def test_the_front_desk_sees_all_and_a_clinician_their_own(self, scene: Scene) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        mine = await booked(scene, hour=11)
        other = await scene.world.add_booking(green, scene.kind, new_york(4, 9), scene.bob.client_id)
        held = await scene.desk.hold(scene.bob, scene.world.choice(scene.grey, scene.kind, new_york(4, 14)))
        block = await scene.desk.block(
            grey(scene),
            BlockTimeCommand(clinician_id=scene.grey, starts_at=new_york(4, 16), ends_at=new_york(5, 16)),
        )
        day = await scene.desk.day(scene.world.desk, ListDayQuery(date=WEDNESDAY))
        assert (day.date, day.zone) == (WEDNESDAY, ZONE)
        assert [one.id for one in day.appointments] == [other.appointment.id, mine.id]
        assert [(one.purpose, one.starts_at) for one in day.taken] == [
            ("hold", held.starts_at),
            ("block", block.starts_at),
        ]
        for query in (ListDayQuery(date=WEDNESDAY), ListDayQuery(date=WEDNESDAY, clinician_id=scene.grey)):
            own = await scene.desk.day(grey(scene), query)
            assert [one.id for one in own.appointments] == [mine.id]
        of_green = await scene.desk.day(scene.world.desk, ListDayQuery(date=WEDNESDAY, clinician_id=green))
        assert [one.id for one in of_green.appointments] == [other.appointment.id]
        assert of_green.taken == ()

    async def test_every_record_that_was_seen_is_audited(self, scene: Scene) -> None:
        await booked(scene, "ann", "bob")
        await booked(scene, hour=12)
        await scene.desk.day(scene.world.desk, ListDayQuery(date=WEDNESDAY))
        read = [one.record for one in await scene.world.audit() if one.action == "appointments.read"]
        assert sorted(read) == sorted([scene.ann.client_id, scene.bob.client_id])

    async def test_a_date_out_of_range(self, scene: Scene) -> None:
        for day in (date.min, date.max):
            with pytest.raises(Invalid):
                await scene.desk.day(scene.world.desk, ListDayQuery(date=day))
