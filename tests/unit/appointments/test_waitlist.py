"""Freed time goes to those who wait: offered, accepted, declined, passed on."""

from contextlib import AbstractAsyncContextManager
from datetime import date, time, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.errors import (
    AlreadyWaiting,
    NotBookable,
    NotWaiting,
    OfferClosed,
    OwnOverlap,
    SlotTaken,
)
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.settings import AppointmentRules
from portal_core.appointments.use_cases.block_time import BlockTimeCommand
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_for_clients import CancelForClientsCommand
from portal_core.appointments.use_cases.join_waitlist import JoinWaitlistCommand
from portal_core.appointments.use_cases.offer_freed_slot import OfferFreedSlotCommand
from portal_core.appointments.views import OfferView, WaitlistView
from portal_core.kernel.actor import Actor, ClientActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from tests.support.contracts.appointments_world import ZONE, new_york
from tests.unit.appointments.conftest import Scene

TEN = new_york(10, 10)
"""Tuesday of the week after, when the clocks have changed."""


def wish(scene: Scene, **more: object) -> JoinWaitlistCommand:
    values = {"kind_id": scene.kind.id, "earliest": date(2026, 3, 3), "latest": date(2026, 3, 20), **more}
    return JoinWaitlistCommand(**values)  # type: ignore[arg-type]


async def wait(scene: Scene, actor: ClientActor, **more: object) -> WaitlistView:
    scene.world.clock.advance(timedelta(minutes=1))
    return await scene.desk.join_waitlist(actor, wish(scene, **more))


async def free(scene: Scene) -> UUID:
    """Somebody's appointment at ten is cancelled; the job's argument."""
    cleo = scene.world.as_client(await scene.world.add_client(given="Cleo"))
    await scene.world.join_care_team(cleo.client_id, scene.grey)
    choice = scene.world.choice(scene.grey, scene.kind, TEN)
    booked = await scene.desk.book(cleo, BookAppointmentCommand(choice=choice))
    await scene.desk.cancel_for(scene.world.desk, CancelForClientsCommand(appointment_id=booked.id))
    return (await scene.world.jobs("offer_freed_slot"))[-1]["freed_slot_id"]


async def offer_to(scene: Scene, actor: ClientActor) -> OfferView | None:
    found = await scene.desk.list_waitlist(actor)
    return found[0].offer if found else None


async def made(scene: Scene, actor: ClientActor) -> OfferView:
    offer = await offer_to(scene, actor)
    assert offer is not None
    return offer


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


@pytest.fixture
async def offered(scene: Scene) -> OfferView:
    """Ann waits longer than Bob, and is offered Tuesday at ten."""
    await wait(scene, scene.ann)
    await wait(scene, scene.bob)
    await free(scene)
    await scene.desk.offer_what_was_freed()
    return await made(scene, scene.ann)


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
        await scene.world.save_rules(AppointmentRules(zone=ZONE, self_booking=False))
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
