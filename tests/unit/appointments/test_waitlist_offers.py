"""Waitlist offers are accepted, declined or expire."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest
from attrs import evolve

from portal_core.appointments.errors import (
    NotBookable,
    OfferClosed,
    OverlappingAppointment,
    SlotTaken,
    WaitlistEntryClosed,
)
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.settings import AppointmentSettings
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.hold_slot import HoldSlotCommand
from portal_core.appointments.views import WaitlistOfferView
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import Forbidden, NotFound
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.waitlist_setup import (
    TEN,
    current_offer,
    join_waitlist_as,
    offer_slot_to_ann,
    require_offer,
)


@pytest.fixture
async def offered(scenario: BookingScenario) -> WaitlistOfferView:
    """Ann has waited longer than Bob, and gets an offer for Tuesday at 10:00."""
    return await offer_slot_to_ann(scenario)


class TestAccepting:
    async def test_accepting_books_and_closes_entry(
        self, scenario: BookingScenario, offered: WaitlistOfferView
    ) -> None:
        view = await scenario.use_cases.accept_offer(scenario.ann, offered.id)
        assert (view.status, view.starts_at, view.clinician_id) == ("booked", TEN, scenario.grey)
        assert await scenario.use_cases.get_appointment(scenario.ann, view.id) == view
        assert (await scenario.use_cases.list_waitlist(scenario.ann)).items == ()
        assert not scenario.world.store.table("freed_slots")
        entries = list(scenario.world.store.table("calendar").values())
        assert [(one.purpose, one.expires_at) for one in entries] == [("appointment", None)]
        notified = [one.to_client for one in await scenario.world.notices() if one.subject_id == view.id]
        assert notified == [scenario.ann.client_id, None]

    async def test_booking_the_offered_slot_accepts_the_offer(
        self, scenario: BookingScenario, offered: WaitlistOfferView
    ) -> None:
        await join_waitlist_as(scenario, scenario.ann, clinician_id=scenario.grey)
        slot = BookAppointmentCommand(choice=scenario.world.choice(scenario.grey, scenario.appointment_type, TEN))
        with pytest.raises(SlotTaken):
            await scenario.use_cases.book(scenario.bob, slot)
        scenario.world.clock.at = offered.expires_at - timedelta.resolution
        view = await scenario.use_cases.book(scenario.ann, slot)
        assert [one.offer for one in (await scenario.use_cases.list_waitlist(scenario.ann)).items] == [None]
        assert not scenario.world.store.table("freed_slots")
        closed = scenario.world.store.table("waitlist_offers")[scenario.world.practice_id, offered.id]
        assert (closed.status, closed.appointment_id) == ("accepted", view.id)

    async def test_closed_offer_holds_no_slot(self, scenario: BookingScenario, offered: WaitlistOfferView) -> None:
        scenario.world.clock.at = offered.expires_at
        slot = BookAppointmentCommand(choice=scenario.world.choice(scenario.grey, scenario.appointment_type, TEN))
        await scenario.use_cases.book(scenario.ann, slot)
        closed = scenario.world.store.table("waitlist_offers")[scenario.world.practice_id, offered.id]
        assert closed.status == "open", "the job has not run yet"

    async def test_repeating_is_idempotent(self, scenario: BookingScenario, offered: WaitlistOfferView) -> None:
        await scenario.use_cases.accept_offer(scenario.ann, offered.id)
        for again in (scenario.use_cases.accept_offer, scenario.use_cases.decline_offer):
            with pytest.raises(OfferClosed):
                await again(scenario.ann, offered.id)
        assert sum(one.status == "booked" for one in scenario.world.store.table("appointments").values()) == 1

    async def test_other_clients_offer_is_not_found(
        self, scenario: BookingScenario, offered: WaitlistOfferView
    ) -> None:
        for attack in (scenario.use_cases.accept_offer, scenario.use_cases.decline_offer):
            with pytest.raises(NotFound):
                await attack(scenario.bob, offered.id)
        with pytest.raises(Forbidden):
            await scenario.use_cases.accept_offer(
                scenario.world.as_proxy(scenario.ann.client_id, may_write=False), offered.id
            )

    async def test_offer_is_closed_at_expiry(self, scenario: BookingScenario, offered: WaitlistOfferView) -> None:
        scenario.world.clock.at = offered.expires_at
        for late in (scenario.use_cases.accept_offer, scenario.use_cases.decline_offer):
            with pytest.raises(OfferClosed):
                await late(scenario.ann, offered.id)
        scenario.world.clock.at = offered.expires_at - timedelta.resolution
        await scenario.use_cases.accept_offer(scenario.ann, offered.id)

    async def test_advanced_offer_cannot_be_accepted(
        self, scenario: BookingScenario, offered: WaitlistOfferView
    ) -> None:
        scenario.world.clock.at = offered.expires_at
        assert await scenario.use_cases.advance_expired_offers(scenario.world.system) == 1
        await scenario.use_cases.run_freed_slot_jobs()
        with pytest.raises(OfferClosed):
            await scenario.use_cases.accept_offer(scenario.ann, offered.id)
        await scenario.use_cases.accept_offer(scenario.bob, (await require_offer(scenario, scenario.bob)).id)

    async def test_accepted_offer_is_not_advanced(self, scenario: BookingScenario, offered: WaitlistOfferView) -> None:
        await scenario.use_cases.accept_offer(scenario.ann, offered.id)
        scenario.world.clock.at = offered.expires_at
        assert await scenario.use_cases.advance_expired_offers(scenario.world.system) == 0

    async def test_busy_client_keeps_the_offer(self, scenario: BookingScenario, offered: WaitlistOfferView) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.add_booking(green, scenario.appointment_type, TEN, scenario.ann.client_id)
        with pytest.raises(OverlappingAppointment):
            await scenario.use_cases.accept_offer(scenario.ann, offered.id)
        assert await current_offer(scenario, scenario.ann) == offered

    async def test_offer_is_refused_when_self_booking_is_off(
        self, scenario: BookingScenario, offered: WaitlistOfferView
    ) -> None:
        await scenario.world.save_appointment_settings(AppointmentSettings(self_booking=False))
        with pytest.raises(NotBookable):
            await scenario.use_cases.accept_offer(scenario.ann, offered.id)

    async def test_two_offers_of_one_entry_book_once(
        self, scenario: BookingScenario, offered: WaitlistOfferView
    ) -> None:
        store = scenario.world.store
        known = store.table("waitlist_offers")[scenario.world.practice_id, offered.id]
        twin = evolve(known, id=scenario.world.ids.new())
        store.table("waitlist_offers")[scenario.world.practice_id, twin.id] = twin
        await scenario.use_cases.accept_offer(scenario.ann, offered.id)
        with pytest.raises(WaitlistEntryClosed):
            await scenario.use_cases.accept_offer(scenario.ann, twin.id)
        lost = evolve(twin, id=scenario.world.ids.new(), entry_id=scenario.world.ids.new())
        store.table("waitlist_offers")[scenario.world.practice_id, lost.id] = lost
        with pytest.raises(WaitlistEntryClosed):
            await scenario.use_cases.accept_offer(scenario.ann, lost.id)


class TestAdvancingOffers:
    async def test_declined_offer_goes_to_next_client(
        self, scenario: BookingScenario, offered: WaitlistOfferView
    ) -> None:
        await scenario.use_cases.decline_offer(scenario.ann, offered.id)
        await scenario.use_cases.run_freed_slot_jobs()
        await require_offer(scenario, scenario.bob)
        assert [one.offer for one in (await scenario.use_cases.list_waitlist(scenario.ann)).items] == [None]

    async def test_slot_is_offered_once_per_client(self, scenario: BookingScenario, offered: WaitlistOfferView) -> None:
        await join_waitlist_as(scenario, scenario.ann, clinician_id=scenario.grey)
        await scenario.use_cases.decline_offer(scenario.ann, offered.id)
        await scenario.use_cases.run_freed_slot_jobs()
        await scenario.use_cases.decline_offer(scenario.bob, (await require_offer(scenario, scenario.bob)).id)
        await scenario.use_cases.run_freed_slot_jobs()
        assert len(scenario.world.store.table("waitlist_offers")) == 2
        assert not scenario.world.store.table("freed_slots")
        assert not scenario.world.store.table("calendar"), "the slot is free for everyone again"

    async def test_expired_offer_is_hidden_before_job_runs(
        self, scenario: BookingScenario, offered: WaitlistOfferView
    ) -> None:
        scenario.world.clock.at = offered.expires_at
        assert await current_offer(scenario, scenario.ann) is None

    async def test_advancing_offers_is_idempotent(self, scenario: BookingScenario, offered: WaitlistOfferView) -> None:
        scenario.world.clock.at = offered.expires_at
        assert [await scenario.use_cases.advance_expired_offers(scenario.world.system) for _ in range(2)] == [1, 0]
        closed = [one for one in await scenario.world.audit() if one.target == offered.id]
        assert [one.action for one in closed] == ["waitlist_offer.created", "waitlist_offer.expired"]

    async def test_concurrent_runs_close_offer_once(
        self, scenario: BookingScenario, offered: WaitlistOfferView
    ) -> None:
        """The second run has read the offer as open before the first closed it."""
        scenario.world.clock.at = offered.expires_at
        use_cases, begin, seen = scenario.use_cases, scenario.world.begin, 0

        def begin_late(actor: Actor) -> AbstractAsyncContextManager[AppointmentUnit]:
            nonlocal seen
            seen += 1
            if seen == 2:
                key = (scenario.world.practice_id, offered.id)
                offers = scenario.world.store.table("waitlist_offers")
                offers[key] = offers[key].expire()
            return begin(actor)

        late = evolve(use_cases.advance_expired_offers, begin=begin_late)
        assert await late(scenario.world.system) == 0

    async def test_leaving_waitlist_releases_open_offer(
        self, scenario: BookingScenario, offered: WaitlistOfferView
    ) -> None:
        await scenario.use_cases.leave_waitlist(scenario.ann, offered.entry_id)
        await scenario.use_cases.run_freed_slot_jobs()
        await require_offer(scenario, scenario.bob)
        with pytest.raises(OfferClosed):
            await scenario.use_cases.accept_offer(scenario.ann, offered.id)
        with pytest.raises(WaitlistEntryClosed):
            await scenario.use_cases.leave_waitlist(scenario.ann, offered.entry_id)

    async def test_leaving_one_entry_keeps_offer_of_another(
        self, scenario: BookingScenario, offered: WaitlistOfferView
    ) -> None:
        other = await join_waitlist_as(scenario, scenario.ann, clinician_id=scenario.grey)
        with pytest.raises(NotFound):
            await scenario.use_cases.leave_waitlist(scenario.bob, other.id)
        await scenario.use_cases.leave_waitlist(scenario.ann, other.id)
        await scenario.use_cases.accept_offer(scenario.ann, offered.id)


class TestClearing:
    async def test_expired_holds_are_cleared(self, scenario: BookingScenario) -> None:
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, TEN)
        await scenario.use_cases.hold(scenario.ann, HoldSlotCommand(choice))
        scenario.world.clock.advance(timedelta(minutes=10))
        await scenario.use_cases.delete_expired_holds(scenario.world.system)
        assert not scenario.world.store.table("calendar")
        assert len(scenario.world.store.table("holds")) == 1
        scenario.world.clock.advance(timedelta(days=1))
        await scenario.use_cases.delete_expired_holds(scenario.world.system)
        assert not scenario.world.store.table("holds")
