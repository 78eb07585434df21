"""Clients ask for appointments; the practice confirms or declines."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from portal_core.appointments.errors import (
    NotBookable,
    OutsideAvailability,
    OwnOverlap,
    RequestClosed,
    SlotTaken,
    TooManyRequests,
    TooSoon,
)
from portal_core.appointments.settings import AppointmentRules
from portal_core.appointments.use_cases.confirm_request import ConfirmRequestCommand
from portal_core.appointments.use_cases.decline_request import DeclineRequestCommand
from portal_core.appointments.use_cases.list_practice_requests import ListPracticeRequestsQuery
from portal_core.appointments.use_cases.request_appointment import RequestAppointmentCommand
from portal_core.appointments.views import RequestView
from portal_core.appointments.waiting import PreferredTime
from portal_core.kernel.actor import ClientActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import Scene

MORNING = PreferredTime(starts_at=new_york(4, 9), ends_at=new_york(4, 12))
EVENING = PreferredTime(starts_at=new_york(5, 18), ends_at=new_york(5, 20))


def wish(scene: Scene, *preferred: PreferredTime, **more: object) -> RequestAppointmentCommand:
    values = {"kind_id": scene.kind.id, "preferred": preferred or (MORNING,), **more}
    return RequestAppointmentCommand(**values)  # type: ignore[arg-type]


async def ask(scene: Scene, actor: ClientActor | None = None, **more: object) -> RequestView:
    return await scene.desk.request_appointment(actor or scene.ann, wish(scene, **more))


def yes(scene: Scene, request: RequestView, at: datetime = MORNING.starts_at, **more: object) -> ConfirmRequestCommand:
    values = {"request_id": request.id, "clinician_id": scene.grey, "starts_at": at, **more}
    return ConfirmRequestCommand(**values)  # type: ignore[arg-type]


class TestAsking:
    async def test_what_was_asked_is_shown_with_its_names(self, scene: Scene) -> None:
        place = await scene.world.add_place()
        command = wish(scene, MORNING, EVENING, place_id=place.id, clinician_id=scene.grey, reason="Sleep")
        view = await scene.desk.request_appointment(scene.ann, command)
        assert (view.status, view.kind_name, view.place_name) == ("pending", "Individual session", "Main office")
        assert (view.clinician_name, view.telehealth, view.reason) == ("Dr. Grey", False, "Sleep")
        assert [one.starts_at for one in view.preferred] == [MORNING.starts_at, EVENING.starts_at]
        page = await scene.desk.list_requests(scene.ann, PageRequest())
        assert page.items == (view,)
        assert (await scene.desk.list_requests(scene.bob, PageRequest())).items == ()

    async def test_no_time_twice(self, scene: Scene) -> None:
        with pytest.raises(Invalid) as refused:
            wish(scene, MORNING, EVENING, MORNING)
        assert [(one.path, one.code) for one in refused.value.fields] == [("preferred.2", "repeated")]

    async def test_also_what_clients_do_not_book_themselves(self, scene: Scene) -> None:
        await scene.world.save_rules(AppointmentRules(self_booking=False))
        kind = await scene.world.add_kind(online=False, minutes=180)
        assert (await scene.desk.request_appointment(scene.ann, wish(scene, kind_id=kind.id))).status == "pending"

    async def test_what_the_client_cannot_have(self, scene: Scene) -> None:
        world = scene.world
        stranger, gone = await world.add_clinician("Dr. Green"), await world.add_clinician("Dr. Gone", active=False)
        await world.join_care_team(scene.ann.client_id, gone)
        for more in (
            {"kind_id": world.ids.new()},
            {"kind_id": (await world.add_kind(active=False)).id},
            {"place_id": world.ids.new()},
            {"place_id": (await world.add_place(active=False)).id},
            {"clinician_id": stranger},
            {"clinician_id": gone},
        ):
            with pytest.raises(NotBookable):
                await scene.desk.request_appointment(scene.ann, wish(scene, **more))

    async def test_times_that_make_no_sense(self, scene: Scene) -> None:
        past = PreferredTime(starts_at=new_york(2, 9), ends_at=new_york(2, 12))
        short = PreferredTime(starts_at=new_york(4, 9), ends_at=new_york(4, 9, 59))
        far = PreferredTime(starts_at=datetime(2037, 1, 1, tzinfo=UTC), ends_at=datetime(2037, 1, 2, tzinfo=UTC))
        with pytest.raises(Invalid) as caught:
            await scene.desk.request_appointment(scene.ann, wish(scene, past, short, far))
        assert [(one.path, one.code) for one in caught.value.fields] == [
            ("preferred.0.starts_at", "out_of_range"),
            ("preferred.1.ends_at", "too_short"),
            ("preferred.2.starts_at", "out_of_range"),
        ]
        with pytest.raises(Invalid):
            four = [PreferredTime(starts_at=new_york(day, 9), ends_at=new_york(day, 12)) for day in (4, 5, 6, 9)]
            await scene.desk.request_appointment(scene.ann, wish(scene, *four))
        with pytest.raises(Invalid):
            wish(scene, reason="x" * 1001)

    async def test_no_more_than_the_practice_takes_until_some_are_answered(self, scene: Scene) -> None:
        first, *_ = [await ask(scene) for _ in range(3)]
        with pytest.raises(TooManyRequests):
            await ask(scene)
        await ask(scene, scene.bob)
        await scene.desk.withdraw_request(scene.ann, first.id)
        await ask(scene)

    async def test_who_may(self, scene: Scene) -> None:
        client = scene.ann.client_id
        for actor in (scene.world.desk, scene.world.as_proxy(client, may_write=True, areas=["messages"])):
            with pytest.raises(NotFound):
                await scene.desk.request_appointment(actor, wish(scene))
        with pytest.raises(Forbidden):
            await scene.desk.request_appointment(scene.world.as_proxy(client, may_write=False), wish(scene))


class TestWithdrawing:
    async def test_once_and_only_ones_own(self, scene: Scene) -> None:
        view = await ask(scene)
        with pytest.raises(NotFound):
            await scene.desk.withdraw_request(scene.bob, view.id)
        withdrawn = await scene.desk.withdraw_request(scene.ann, view.id)
        assert (withdrawn.status, withdrawn.version) == ("withdrawn", 2)
        with pytest.raises(RequestClosed):
            await scene.desk.withdraw_request(scene.ann, view.id)
        with pytest.raises(RequestClosed):
            await scene.desk.confirm_request(scene.world.desk, yes(scene, view))


class TestConfirming:
    async def test_it_becomes_an_appointment_and_both_are_told(self, scene: Scene) -> None:
        view = await ask(scene)
        booked = await scene.desk.confirm_request(scene.world.desk, yes(scene, view, new_york(4, 10, 7)))
        assert (booked.starts_at, booked.ends_at) == (new_york(4, 10, 7), new_york(4, 11, 7))
        mine = (await scene.desk.list_requests(scene.ann, PageRequest())).items[0]
        assert (mine.status, mine.appointment_id) == ("confirmed", booked.id)
        assert (await scene.desk.show(scene.ann, booked.id)).status == "booked"
        told = [(one.kind, one.to_client, one.to_account, one.about) for one in await scene.world.notices()]
        assert told == [
            ("appointment_request_confirmed", scene.ann.client_id, None, booked.id),
            ("appointment_booked", None, scene.account, booked.id),
        ]
        actions = [one.action for one in await scene.world.audit() if one.record == scene.ann.client_id]
        assert "appointment_request.confirmed" in actions

    async def test_twice_is_once(self, scene: Scene) -> None:
        view = await ask(scene)
        await scene.desk.confirm_request(scene.world.desk, yes(scene, view))
        for again in (yes(scene, view), yes(scene, view, new_york(4, 11))):
            with pytest.raises(RequestClosed):
                await scene.desk.confirm_request(scene.world.desk, again)
        with pytest.raises(RequestClosed):
            await scene.desk.decline_request(scene.world.desk, DeclineRequestCommand(request_id=view.id))
        assert len(scene.world.store.table("appointments")) == 1

    async def test_only_times_that_were_asked_for(self, scene: Scene) -> None:
        view = await ask(scene)
        for at in (new_york(4, 8, 59), new_york(4, 11, 1), new_york(5, 10)):
            with pytest.raises(Invalid):
                await scene.desk.confirm_request(scene.world.desk, yes(scene, view, at))
        await scene.desk.confirm_request(scene.world.desk, yes(scene, view, new_york(4, 11)))

    async def test_only_the_clinician_who_was_asked_for(self, scene: Scene) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        await scene.world.open_week(green)
        named = await ask(scene, clinician_id=scene.grey)
        with pytest.raises(Invalid):
            await scene.desk.confirm_request(scene.world.desk, yes(scene, named, clinician_id=green))
        anyone = await ask(scene)
        await scene.desk.confirm_request(scene.world.desk, yes(scene, anyone, clinician_id=green))

    async def test_nobody_is_booked_over_somebody_else(self, scene: Scene) -> None:
        of_ann, of_bob = await ask(scene), await ask(scene, scene.bob)
        await scene.desk.confirm_request(scene.world.desk, yes(scene, of_ann))
        with pytest.raises(SlotTaken):
            await scene.desk.confirm_request(scene.world.desk, yes(scene, of_bob))
        green = await scene.world.add_clinician("Dr. Green")
        await scene.world.open_week(green)
        again = await ask(scene)
        with pytest.raises(OwnOverlap):
            await scene.desk.confirm_request(scene.world.desk, yes(scene, again, clinician_id=green))
        assert (await scene.desk.list_requests(scene.bob, PageRequest())).items[0].status == "pending"

    async def test_outside_of_hours_only_when_that_is_meant(self, scene: Scene) -> None:
        view = await scene.desk.request_appointment(scene.ann, wish(scene, EVENING))
        with pytest.raises(OutsideAvailability):
            await scene.desk.confirm_request(scene.world.desk, yes(scene, view, EVENING.starts_at))
        command = yes(scene, view, EVENING.starts_at, outside_hours=True)
        assert (await scene.desk.confirm_request(scene.world.desk, command)).status == "booked"

    async def test_what_is_past_or_gone_meanwhile(self, scene: Scene) -> None:
        view = await ask(scene)
        scene.world.clock.advance(timedelta(days=3))
        with pytest.raises(TooSoon):
            await scene.desk.confirm_request(scene.world.desk, yes(scene, view))
        scene.world.store.table("appointment_kinds")[scene.world.practice_id, scene.kind.id] = evolve(
            scene.kind, active=False
        )
        with pytest.raises(NotBookable):
            await scene.desk.confirm_request(scene.world.desk, yes(scene, view))

    async def test_who_may(self, scene: Scene) -> None:
        view = await ask(scene)
        with pytest.raises(NotFound):
            await scene.desk.confirm_request(scene.ann, yes(scene, view))
        with pytest.raises(Forbidden):
            clinician = scene.world.as_staff("clinician", clinician_id=scene.grey)
            await scene.desk.confirm_request(clinician, yes(scene, view))
        other = await scene.world.beside()
        with pytest.raises(NotFound):
            await scene.desk.confirm_request(other.desk, yes(scene, view))
        with pytest.raises(StaleVersion):
            await scene.desk.confirm_request(scene.world.desk, yes(scene, view, version=2))


class TestDeclining:
    async def test_the_client_reads_why_and_is_told_that_there_is_an_answer(self, scene: Scene) -> None:
        view = await ask(scene)
        command = DeclineRequestCommand(request_id=view.id, answer="We are full.", version=1)
        declined = await scene.desk.decline_request(scene.world.desk, command)
        mine = (await scene.desk.list_requests(scene.ann, PageRequest())).items[0]
        assert mine == declined
        assert (mine.status, mine.answer, mine.answered_at) == ("declined", "We are full.", scene.world.clock.now())
        told = [(one.kind, one.to_client, one.about) for one in await scene.world.notices()]
        assert told == [("appointment_request_declined", scene.ann.client_id, view.id)]
        with pytest.raises(RequestClosed):
            await scene.desk.decline_request(scene.world.desk, DeclineRequestCommand(request_id=view.id))

    async def test_who_may(self, scene: Scene) -> None:
        command = DeclineRequestCommand(request_id=(await ask(scene)).id)
        with pytest.raises(NotFound):
            await scene.desk.decline_request(scene.ann, command)
        with pytest.raises(NotFound):
            await scene.desk.decline_request(scene.world.desk, evolve(command, request_id=scene.world.ids.new()))
        with pytest.raises(Invalid):
            evolve(command, answer="x" * 1001)


class TestThePracticesList:
    async def test_oldest_first_with_the_clients_names_and_audited_for_each(self, scene: Scene) -> None:
        first = await ask(scene)
        scene.world.clock.advance(timedelta(minutes=1))
        second = await ask(scene, scene.bob)
        page = await scene.desk.list_practice_requests(scene.world.desk, ListPracticeRequestsQuery())
        assert [(one.client_name, one.request) for one in page.items] == [("Ann Lee", first), ("Bob Lee", second)]
        read = [one.record for one in await scene.world.audit() if one.action == "appointment_requests.read"]
        assert read == sorted([scene.ann.client_id, scene.bob.client_id])
        with pytest.raises(NotFound):
            await scene.desk.list_practice_requests(scene.ann, ListPracticeRequestsQuery())
        with pytest.raises(Invalid):
            await scene.desk.list_practice_requests(
                scene.world.desk, ListPracticeRequestsQuery(page=PageRequest(size=101))
            )
