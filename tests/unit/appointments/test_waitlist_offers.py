"""Offers of freed time: accepted, declined, passed on."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest
from attrs import evolve

from portal_core.appointments.errors import (
    NotBookable,
    NotWaiting,
    OfferClosed,
    OwnOverlap,
    SlotTaken,
)
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.settings import AppointmentRules
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.views import OfferView
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import Forbidden, NotFound
from tests.unit.appointments.conftest import Scene
from tests.unit.appointments.waitlist_setup import TEN, made, offer_to, offered_to_ann, wait


@pytest.fixture
async def offered(scene: Scene) -> OfferView:
    """Ann waits longer than Bob, and is offered Tuesday at ten."""
    return await offered_to_ann(scene)


class TestAccepting:
    async def test_it_is_booked_and_the_waiting_is_over(self, scene: Scene, offered: OfferView) -> None:
        view = await scene.desk.accept_offer(scene.ann, offered.id)
        assert (view.status, view.starts_at, view.clinician_id) == ("booked", TEN, scene.grey)
        assert await scene.desk.show(scene.ann, view.id) == view
        assert await scene.desk.list_waitlist(scene.ann) == ()
        assert not scene.world.store.table("freed_slots")
        entries = list(scene.world.store.table("calendar").values())
        assert [(one.purpose, one.expires_at) for one in entries] == [("appointment", None)]
        told = [one.to_client for one in await scene.world.notices() if one.about == view.id]
        assert told == [scene.ann.client_id, None]

    async def test_to_book_the_time_is_to_accept(self, scene: Scene, offered: OfferView) -> None:
        await wait(scene, scene.ann, clinician_id=scene.grey)
        slot = BookAppointmentCommand(choice=scene.world.choice(scene.grey, scene.kind, TEN))
        with pytest.raises(SlotTaken):
            await scene.desk.book(scene.bob, slot)
        scene.world.clock.at = offered.expires_at - timedelta.resolution
        view = await scene.desk.book(scene.ann, slot)
        assert [one.offer for one in await scene.desk.list_waitlist(scene.ann)] == [None]
        assert not scene.world.store.table("freed_slots")
        closed = scene.world.store.table("waitlist_offers")[scene.world.practice_id, offered.id]
        assert (closed.status, closed.appointment_id) == ("accepted", view.id)

    async def test_an_offer_that_is_over_keeps_nothing(self, scene: Scene, offered: OfferView) -> None:
        scene.world.clock.at = offered.expires_at
        slot = BookAppointmentCommand(choice=scene.world.choice(scene.grey, scene.kind, TEN))
        await scene.desk.book(scene.ann, slot)
        closed = scene.world.store.table("waitlist_offers")[scene.world.practice_id, offered.id]
        assert closed.status == "open", "the job has yet to come by"

    async def test_twice_is_once(self, scene: Scene, offered: OfferView) -> None:
        await scene.desk.accept_offer(scene.ann, offered.id)
        for again in (scene.desk.accept_offer, scene.desk.decline_offer):
            with pytest.raises(OfferClosed):
                await again(scene.ann, offered.id)
        assert sum(one.status == "booked" for one in scene.world.store.table("appointments").values()) == 1

    async def test_another_clients_offer_does_not_exist(self, scene: Scene, offered: OfferView) -> None:
        for attack in (scene.desk.accept_offer, scene.desk.decline_offer):
            with pytest.raises(NotFound):
                await attack(scene.bob, offered.id)
        with pytest.raises(Forbidden):
            await scene.desk.accept_offer(scene.world.as_proxy(scene.ann.client_id, may_write=False), offered.id)

    async def test_not_at_the_very_moment_when_its_time_is_up(self, scene: Scene, offered: OfferView) -> None:
        scene.world.clock.at = offered.expires_at
        for late in (scene.desk.accept_offer, scene.desk.decline_offer):
            with pytest.raises(OfferClosed):
                await late(scene.ann, offered.id)
        scene.world.clock.at = offered.expires_at - timedelta.resolution
        await scene.desk.accept_offer(scene.ann, offered.id)

    async def test_what_has_passed_on_is_the_next_ones(self, scene: Scene, offered: OfferView) -> None:
        scene.world.clock.at = offered.expires_at
        assert await scene.desk.pass_on_offers(scene.world.system) == 1
        await scene.desk.offer_what_was_freed()
        with pytest.raises(OfferClosed):
            await scene.desk.accept_offer(scene.ann, offered.id)
        await scene.desk.accept_offer(scene.bob, (await made(scene, scene.bob)).id)

    async def test_an_accepted_offer_does_not_pass_on(self, scene: Scene, offered: OfferView) -> None:
        await scene.desk.accept_offer(scene.ann, offered.id)
        scene.world.clock.at = offered.expires_at
        assert await scene.desk.pass_on_offers(scene.world.system) == 0

    async def test_who_is_elsewhere_meanwhile_keeps_the_offer(self, scene: Scene, offered: OfferView) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        await scene.world.add_booking(green, scene.kind, TEN, scene.ann.client_id)
        with pytest.raises(OwnOverlap):
            await scene.desk.accept_offer(scene.ann, offered.id)
        assert await offer_to(scene, scene.ann) == offered

    async def test_what_is_no_longer_offered_online(self, scene: Scene, offered: OfferView) -> None:
        await scene.world.save_rules(AppointmentRules(self_booking=False))
        with pytest.raises(NotBookable):
            await scene.desk.accept_offer(scene.ann, offered.id)

    async def test_two_offers_of_one_entry_book_once(self, scene: Scene, offered: OfferView) -> None:
        store = scene.world.store
        known = store.table("waitlist_offers")[scene.world.practice_id, offered.id]
        twin = evolve(known, id=scene.world.ids.new())
        store.table("waitlist_offers")[scene.world.practice_id, twin.id] = twin
        await scene.desk.accept_offer(scene.ann, offered.id)
        with pytest.raises(NotWaiting):
            await scene.desk.accept_offer(scene.ann, twin.id)
        lost = evolve(twin, id=scene.world.ids.new(), entry_id=scene.world.ids.new())
        store.table("waitlist_offers")[scene.world.practice_id, lost.id] = lost
        with pytest.raises(NotWaiting):
            await scene.desk.accept_offer(scene.ann, lost.id)


class TestPassingOn:
    async def test_a_declined_offer_goes_to_the_next_and_its_client_waits_on(
        self, scene: Scene, offered: OfferView
    ) -> None:
        await scene.desk.decline_offer(scene.ann, offered.id)
        await scene.desk.offer_what_was_freed()
        await made(scene, scene.bob)
        assert [one.offer for one in await scene.desk.list_waitlist(scene.ann)] == [None]

    async def test_nobody_is_asked_twice_about_one_slot(self, scene: Scene, offered: OfferView) -> None:
        await wait(scene, scene.ann, clinician_id=scene.grey)
        await scene.desk.decline_offer(scene.ann, offered.id)
        await scene.desk.offer_what_was_freed()
        await scene.desk.decline_offer(scene.bob, (await made(scene, scene.bob)).id)
        await scene.desk.offer_what_was_freed()
        assert len(scene.world.store.table("waitlist_offers")) == 2
        assert not scene.world.store.table("freed_slots")
        assert not scene.world.store.table("calendar"), "the time is free for all again"

    async def test_an_expired_offer_is_not_shown_even_before_the_job_comes(
        self, scene: Scene, offered: OfferView
    ) -> None:
        scene.world.clock.at = offered.expires_at
        assert await offer_to(scene, scene.ann) is None

    async def test_runs_again_after_it_was_passed_on(self, scene: Scene, offered: OfferView) -> None:
        scene.world.clock.at = offered.expires_at
        assert [await scene.desk.pass_on_offers(scene.world.system) for _ in range(2)] == [1, 0]
        closed = [one for one in await scene.world.audit() if one.target == offered.id]
        assert [one.action for one in closed] == ["waitlist_offer.made", "waitlist_offer.expired"]

    async def test_two_runs_at_once_close_it_once(self, scene: Scene, offered: OfferView) -> None:
        """The second has read it as open before the first closed it."""
        scene.world.clock.at = offered.expires_at
        desk, begin, seen = scene.desk, scene.world.begin, 0

        def begin_late(actor: Actor) -> AbstractAsyncContextManager[AppointmentUnit]:
            nonlocal seen
            seen += 1
            if seen == 2:
                key = (scene.world.practice_id, offered.id)
                offers = scene.world.store.table("waitlist_offers")
                offers[key] = offers[key].expire()
            return begin(actor)

        late = evolve(desk.pass_on_offers, begin=begin_late)
        assert await late(scene.world.system) == 0

    async def test_leaving_lets_an_open_offer_go(self, scene: Scene, offered: OfferView) -> None:
        await scene.desk.leave_waitlist(scene.ann, offered.entry_id)
        await scene.desk.offer_what_was_freed()
        await made(scene, scene.bob)
        with pytest.raises(OfferClosed):
            await scene.desk.accept_offer(scene.ann, offered.id)
        with pytest.raises(NotWaiting):
            await scene.desk.leave_waitlist(scene.ann, offered.entry_id)

    async def test_leaving_one_keeps_the_offer_of_another(self, scene: Scene, offered: OfferView) -> None:
        other = await wait(scene, scene.ann, clinician_id=scene.grey)
        with pytest.raises(NotFound):
            await scene.desk.leave_waitlist(scene.bob, other.id)
        await scene.desk.leave_waitlist(scene.ann, other.id)
        await scene.desk.accept_offer(scene.ann, offered.id)


class TestClearing:
    async def test_what_is_over_is_cleared_away(self, scene: Scene) -> None:
        choice = scene.world.choice(scene.grey, scene.kind, TEN)
        await scene.desk.hold(scene.ann, choice)
        scene.world.clock.advance(timedelta(minutes=10))
        await scene.desk.clear_holds(scene.world.system)
        assert not scene.world.store.table("calendar")
        assert len(scene.world.store.table("holds")) == 1
        scene.world.clock.advance(timedelta(days=1))
        await scene.desk.clear_holds(scene.world.system)
        assert not scene.world.store.table("holds")
