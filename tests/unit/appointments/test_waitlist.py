"""Who waits for what, and to whom freed time is offered."""

from datetime import date, time, timedelta

import pytest
from attrs import evolve

from portal_core.appointments.errors import (
    AlreadyWaiting,
    NotBookable,
    NotWaiting,
    SlotTaken,
)
from portal_core.appointments.use_cases.block_time import BlockTimeCommand
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_for_clients import CancelForClientsCommand
from portal_core.appointments.use_cases.list_practice_waitlist import ListPracticeWaitlistQuery
from portal_core.appointments.use_cases.offer_freed_slot import OfferFreedSlotCommand
from portal_core.appointments.use_cases.remove_from_waitlist import RemoveFromWaitlistCommand
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import Scene
from tests.unit.appointments.waitlist_setup import TEN, free, made, offer_to, offered_to_ann, wait, wish


class TestWaiting:
    async def test_what_was_asked_for_is_shown(self, scene: Scene) -> None:
        place = await scene.world.add_place(zone="America/Chicago")
        view = await wait(
            scene,
            scene.ann,
            place_id=place.id,
            clinician_id=scene.grey,
            weekdays=[3, 1],
            from_time=time(9),
            until_time=time(12),
        )
        assert (view.status, view.clinician_name, view.weekdays, view.zone) == (
            "waiting",
            "Dr. Grey",
            (1, 3),
            "America/Chicago",
        )
        assert await scene.desk.list_waitlist(scene.ann) == (view,)
        assert await scene.desk.list_waitlist(scene.bob) == ()

    async def test_not_twice_for_the_same_and_not_in_too_many_places(self, scene: Scene) -> None:
        await wait(scene, scene.ann)
        with pytest.raises(AlreadyWaiting):
            await wait(scene, scene.ann)
        await wait(scene, scene.ann, clinician_id=scene.grey)
        await wait(scene, scene.ann, place_id=(await scene.world.add_place()).id)
        with pytest.raises(AlreadyWaiting):
            await wait(scene, scene.ann, kind_id=(await scene.world.add_kind()).id)

    async def test_what_is_past_counts_no_more(self, scene: Scene) -> None:
        await wait(scene, scene.ann, latest=date(2026, 3, 3))
        scene.world.clock.at = new_york(4, 0)
        assert await scene.desk.list_waitlist(scene.ann) == ()
        await wait(scene, scene.ann)

    async def test_what_cannot_be_waited_for(self, scene: Scene) -> None:
        world = scene.world
        stranger = await world.add_clinician("Dr. Green")
        for more in (
            {"kind_id": (await world.add_kind(online=False)).id},
            {"kind_id": (await world.add_kind(seats=2)).id},
            {"kind_id": world.ids.new()},
            {"place_id": world.ids.new()},
            {"clinician_id": stranger},
        ):
            with pytest.raises(NotBookable):
                await wait(scene, scene.ann, **more)
        alone = world.as_client(await world.add_client())
        with pytest.raises(NotBookable):
            await wait(scene, alone)
        for dates in (
            {"latest": date(2026, 3, 1), "earliest": date(2026, 3, 1)},
            {"latest": date(2037, 1, 1)},
            {"latest": date(2026, 3, 2)},
            {"weekdays": [7]},
            {"from_time": time(12), "until_time": time(9)},
            {"latest": date.max},
            {"earliest": date.min},
        ):
            with pytest.raises(Invalid):
                await wait(scene, scene.ann, **dates)

    async def test_who_may(self, scene: Scene) -> None:
        client = scene.ann.client_id
        with pytest.raises(NotFound):
            await scene.desk.join_waitlist(scene.world.desk, wish(scene))
        with pytest.raises(Forbidden):
            await scene.desk.join_waitlist(scene.world.as_proxy(client, may_write=False), wish(scene))


class TestThePracticesList:
    async def test_who_waits_for_what_and_what_is_offered(self, scene: Scene) -> None:
        offer = await offered_to_ann(scene)
        page = await scene.desk.list_practice_waitlist(scene.world.desk, ListPracticeWaitlistQuery())
        assert [(one.client_name, one.entry.kind_name) for one in page.items] == [
            ("Ann Lee", "Individual session"),
            ("Bob Lee", "Individual session"),
        ]
        assert [one.entry.offer for one in page.items] == [offer, None]
        read = [one.record for one in await scene.world.audit() if one.action == "waitlist.read"][-2:]
        assert read == sorted([scene.ann.client_id, scene.bob.client_id])
        scene.world.clock.at = offer.expires_at
        page = await scene.desk.list_practice_waitlist(scene.world.desk, ListPracticeWaitlistQuery(PageRequest(size=1)))
        assert [one.entry.offer for one in page.items] == [None], "its time is up, whether it was passed on or not"
        assert page.next != ""

    async def test_what_is_past_is_left_out(self, scene: Scene) -> None:
        await wait(scene, scene.ann, latest=date(2026, 3, 4))
        await wait(scene, scene.bob)
        # It is the fifth in Greenwich, and not yet in New York.
        for hour, names in ((23, ["Ann Lee", "Bob Lee"]), (24, ["Bob Lee"])):
            scene.world.clock.at = new_york(4, 0) + timedelta(hours=hour)
            page = await scene.desk.list_practice_waitlist(scene.world.desk, ListPracticeWaitlistQuery())
            assert [one.client_name for one in page.items] == names
        assert [one.record for one in await scene.world.audit()][-1:] == [scene.bob.client_id]

    async def test_staff_take_somebody_off_it(self, scene: Scene) -> None:
        offer = await offered_to_ann(scene)
        ann, bob = scene.ann.client_id, scene.bob.client_id
        for client_id, entry_id in ((bob, offer.entry_id), (ann, scene.world.ids.new())):
            with pytest.raises(NotFound):
                await scene.desk.remove_from_waitlist(scene.world.desk, RemoveFromWaitlistCommand(client_id, entry_id))
        command = RemoveFromWaitlistCommand(ann, offer.entry_id)
        await scene.desk.remove_from_waitlist(scene.world.desk, command)
        assert ("waitlist.left", ann) in [(one.action, one.record) for one in await scene.world.audit()]
        with pytest.raises(NotWaiting):
            await scene.desk.remove_from_waitlist(scene.world.as_staff("administrator"), command)
        await scene.desk.offer_what_was_freed()
        assert await offer_to(scene, scene.ann) is None
        assert (await made(scene, scene.bob)).starts_at == offer.starts_at

    async def test_who_may(self, scene: Scene) -> None:
        command = RemoveFromWaitlistCommand(scene.ann.client_id, (await wait(scene, scene.ann)).id)
        for actor, refusal in (
            (scene.ann, NotFound),
            (scene.world.as_staff("clinician", clinician_id=scene.grey), Forbidden),
            (scene.world.as_staff("biller", "auditor"), Forbidden),
        ):
            with pytest.raises(refusal):
                await scene.desk.list_practice_waitlist(actor, ListPracticeWaitlistQuery())
            with pytest.raises(refusal):
                await scene.desk.remove_from_waitlist(actor, command)


class TestOffers:
    async def test_the_longest_waiting_is_offered_it_and_it_is_kept_for_them(self, scene: Scene) -> None:
        await wait(scene, scene.bob)
        await wait(scene, scene.ann)
        await free(scene)
        await scene.desk.offer_what_was_freed()
        offer = await made(scene, scene.bob)
        now = scene.world.clock.now()
        assert (offer.status, offer.starts_at, offer.ends_at) == ("open", TEN, new_york(10, 11))
        assert (offer.clinician_name, offer.expires_at) == ("Dr. Grey", now + timedelta(hours=2))
        assert await offer_to(scene, scene.ann) is None
        with pytest.raises(SlotTaken):
            choice = scene.world.choice(scene.grey, scene.kind, TEN)
            await scene.desk.book(scene.ann, BookAppointmentCommand(choice=choice))
        told = [one for one in await scene.world.notices() if one.kind == "waitlist_offer"]
        assert [(one.to_client, one.about) for one in told] == [(scene.bob.client_id, offer.id)]

    async def test_run_again_it_offers_once(self, scene: Scene) -> None:
        await wait(scene, scene.ann)
        await wait(scene, scene.bob)
        command = OfferFreedSlotCommand(freed_slot_id=await free(scene))
        for _ in range(3):
            await scene.desk.offer_freed_slot(scene.world.system, command)
        assert len(scene.world.store.table("waitlist_offers")) == 1

    @pytest.mark.parametrize(
        "more",
        [
            {"latest": date(2026, 3, 9)},
            {"earliest": date(2026, 3, 11)},
            {"weekdays": [0, 2, 3, 4]},
            {"from_time": time(10, 1)},
            {"until_time": time(10, 59)},
        ],
    )
    async def test_those_whom_it_would_not_suit_are_passed_over(self, scene: Scene, more: dict[str, object]) -> None:
        await wait(scene, scene.ann, **more)
        await wait(scene, scene.bob)
        await free(scene)
        await scene.desk.offer_what_was_freed()
        assert await offer_to(scene, scene.ann) is None
        await made(scene, scene.bob)

    async def test_another_place_or_clinician_would_not_suit(self, scene: Scene) -> None:
        green, place = await scene.world.add_clinician("Dr. Green"), await scene.world.add_place()
        await scene.world.join_care_team(scene.ann.client_id, green)
        await wait(scene, scene.ann, clinician_id=green)
        await wait(scene, scene.ann, place_id=place.id)
        await free(scene)
        await scene.desk.offer_what_was_freed()
        assert [one.offer for one in await scene.desk.list_waitlist(scene.ann)] == [None, None]
        assert not scene.world.store.table("freed_slots"), "nobody is left, so it is forgotten"

    async def test_no_place_named_is_any_place_or_online(self, scene: Scene) -> None:
        place = await scene.world.add_place()
        await scene.world.open_week(scene.grey, place_id=place.id)
        online = await wait(scene, scene.ann, online_only=True)
        anywhere = await wait(scene, scene.bob)
        assert (online.anywhere, anywhere.anywhere) == (False, True)
        await free(scene, place.id)
        await scene.desk.offer_what_was_freed()
        assert await offer_to(scene, scene.ann) is None
        assert (await made(scene, scene.bob)).place_id == place.id

    async def test_a_place_is_not_online_only(self, scene: Scene) -> None:
        with pytest.raises(Invalid):
            wish(scene, place_id=scene.world.ids.new(), online_only=True)

    async def test_who_is_elsewhere_or_left_the_care_team_is_passed_over(self, scene: Scene) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        await scene.world.add_booking(green, scene.kind, new_york(10, 9, 30), scene.ann.client_id)
        await wait(scene, scene.ann)
        await wait(scene, scene.bob)
        del scene.world.store.table("care_team")[scene.world.practice_id, scene.bob.client_id, scene.grey]
        await free(scene)
        await scene.desk.offer_what_was_freed()
        assert not scene.world.store.table("waitlist_offers")

    async def test_one_offer_at_a_time(self, scene: Scene) -> None:
        await wait(scene, scene.ann)
        first, second = await free(scene), None
        await scene.desk.offer_what_was_freed()
        choice = scene.world.choice(scene.grey, scene.kind, new_york(10, 12))
        booked = await scene.desk.book(scene.bob, BookAppointmentCommand(choice=choice))
        await scene.desk.cancel_for(scene.world.desk, CancelForClientsCommand(appointment_id=booked.id))
        await scene.desk.offer_what_was_freed()
        second = (await scene.world.jobs("offer_freed_slot"))[-1]["freed_slot_id"]
        slots = [one.freed_slot_id for one in scene.world.store.table("waitlist_offers").values()]
        assert slots == [first]
        assert second not in slots
        # Nobody else wants it, so it is free for all, and is looked at again when Ann's offer ends.
        await scene.desk.decline_offer(scene.ann, (await made(scene, scene.ann)).id)
        await scene.desk.offer_what_was_freed()
        assert (await made(scene, scene.ann)).starts_at == new_york(10, 12)
        assert list(scene.world.store.table("freed_slots").values()) != []
        await scene.desk.accept_offer(scene.ann, (await made(scene, scene.ann)).id)
        await scene.desk.offer_what_was_freed()
        assert not scene.world.store.table("freed_slots")

    @pytest.mark.parametrize("spoil", ["taken", "blocked", "gone"])
    async def test_what_can_no_longer_be_had_is_forgotten(self, scene: Scene, spoil: str) -> None:
        await wait(scene, scene.ann)
        await free(scene)
        if spoil == "taken":
            await scene.world.add_booking(scene.grey, scene.kind, new_york(10, 9, 30), scene.bob.client_id)
        elif spoil == "blocked":
            block = BlockTimeCommand(clinician_id=scene.grey, starts_at=TEN, ends_at=new_york(10, 10, 5))
            await scene.desk.block(scene.world.desk, block)
        else:
            kind = evolve(scene.kind, active=False)
            scene.world.store.table("appointment_kinds")[scene.world.practice_id, kind.id] = kind
        await scene.desk.offer_what_was_freed()
        assert not scene.world.store.table("waitlist_offers")
        assert not scene.world.store.table("freed_slots")

    async def test_inside_the_kinds_notice_nobody_is_asked(self, scene: Scene) -> None:
        kind = evolve(scene.kind, timing=evolve(scene.kind.timing, minimum_notice=timedelta(hours=4)))
        scene.world.store.table("appointment_kinds")[scene.world.practice_id, kind.id] = kind
        await wait(scene, scene.ann)
        await free(scene)
        scene.world.clock.at = TEN - timedelta(hours=3, minutes=59)
        await scene.desk.offer_what_was_freed()
        assert await offer_to(scene, scene.ann) is None

    async def test_an_offer_never_outlasts_the_start(self, scene: Scene) -> None:
        await wait(scene, scene.ann)
        await free(scene)
        scene.world.clock.at = TEN - timedelta(minutes=30)
        await scene.desk.offer_what_was_freed()
        assert (await made(scene, scene.ann)).expires_at == TEN

    async def test_only_jobs_do_this(self, scene: Scene) -> None:
        command = OfferFreedSlotCommand(freed_slot_id=await free(scene))
        for actor in (scene.ann, scene.world.desk):
            with pytest.raises(Forbidden):
                await scene.desk.offer_freed_slot(actor, command)
            with pytest.raises(Forbidden):
                await scene.desk.pass_on_offers(actor)
            with pytest.raises(Forbidden):
                await scene.desk.clear_holds(actor)
        await scene.desk.offer_freed_slot(
            scene.world.system, OfferFreedSlotCommand(freed_slot_id=scene.world.ids.new())
        )
