"""Waitlist entries, and offers of freed slots."""

from datetime import date, time, timedelta
from typing import Any, cast

import pytest
from attrs import evolve

from portal_core.appointments.errors import (
    AlreadyOnWaitlist,
    NotBookable,
    SlotTaken,
    WaitlistEntryClosed,
)
from portal_core.appointments.use_cases.block_time import BlockTimeCommand
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.define_location import DefineLocation, DefineLocationCommand
from portal_core.appointments.use_cases.list_practice_waitlist import ListPracticeWaitlistQuery
from portal_core.appointments.use_cases.remove_from_waitlist import RemoveFromWaitlistCommand
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.kernel.page import PageRequest
from portal_core.kernel.uow import Begin
from portal_core.people.use_cases.change_practice import ChangePractice, ChangePracticeCommand
from tests.support.contracts.appointments.world import new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.waitlist_setup import (
    TEN,
    current_offer,
    free_slot,
    join_waitlist_as,
    offer_slot_to_ann,
    require_offer,
    waitlist_command,
)


class TestJoinWaitlist:
    async def test_joining_returns_the_entry_view(self, scenario: BookingScenario) -> None:
        location = await scenario.world.add_location(time_zone="America/Chicago")
        view = await join_waitlist_as(
            scenario,
            scenario.ann,
            location_id=location.id,
            clinician_id=scenario.grey,
            weekdays=[3, 1],
            from_time=time(9),
            until_time=time(12),
        )
        assert (view.status, view.clinician_name, view.weekdays, view.time_zone) == (
            "waiting",
            "Dr. Grey",
            (1, 3),
            "America/Chicago",
        )
        assert (await scenario.use_cases.list_waitlist(scenario.ann)).items == (view,)
        assert (await scenario.use_cases.list_waitlist(scenario.bob)).items == ()

    async def test_duplicate_and_excess_waitlist_entries_are_refused(self, scenario: BookingScenario) -> None:
        await join_waitlist_as(scenario, scenario.ann)
        with pytest.raises(AlreadyOnWaitlist):
            await join_waitlist_as(scenario, scenario.ann)
        await join_waitlist_as(scenario, scenario.ann, clinician_id=scenario.grey)
        await join_waitlist_as(scenario, scenario.ann, location_id=(await scenario.world.add_location()).id)
        with pytest.raises(AlreadyOnWaitlist):
            await join_waitlist_as(
                scenario, scenario.ann, appointment_type_id=(await scenario.world.add_appointment_type()).id
            )

    async def test_expired_entries_do_not_count(self, scenario: BookingScenario) -> None:
        await join_waitlist_as(scenario, scenario.ann, latest_date=date(2026, 3, 3))
        scenario.world.clock.at = new_york(4, 0)
        assert (await scenario.use_cases.list_waitlist(scenario.ann)).items == ()
        await join_waitlist_as(scenario, scenario.ann)

    async def test_unavailable_options_cannot_be_waitlisted(self, scenario: BookingScenario) -> None:
        world = scenario.world
        stranger = await world.add_clinician("Dr. Green")
        for more in (
            {"appointment_type_id": (await world.add_appointment_type(self_bookable=False)).id},
            {"appointment_type_id": (await world.add_appointment_type(seats=2)).id},
            {"appointment_type_id": world.ids.new()},
            {"location_id": world.ids.new()},
            {"clinician_id": stranger},
        ):
            with pytest.raises(NotBookable):
                await join_waitlist_as(scenario, scenario.ann, **more)
        alone = world.as_client(await world.add_client())
        with pytest.raises(NotBookable):
            await join_waitlist_as(scenario, alone)
        for dates in (
            {"latest_date": date(2026, 3, 1), "earliest_date": date(2026, 3, 1)},
            {"latest_date": date(2037, 1, 1)},
            {"latest_date": date(2026, 3, 2)},
            {"weekdays": [7]},
            {"from_time": time(12), "until_time": time(9)},
            {"latest_date": date.max},
            {"earliest_date": date.min},
        ):
            with pytest.raises(Invalid):
                await join_waitlist_as(scenario, scenario.ann, **dates)

    async def test_only_client_or_writing_proxy_can_join(self, scenario: BookingScenario) -> None:
        client = scenario.ann.client_id
        with pytest.raises(NotFound):
            await scenario.use_cases.join_waitlist(scenario.world.front_desk, waitlist_command(scenario))
        with pytest.raises(Forbidden):
            await scenario.use_cases.join_waitlist(
                scenario.world.as_proxy(client, may_write=False), waitlist_command(scenario)
            )


class TestPracticeList:
    async def test_practice_waitlist_view(self, scenario: BookingScenario) -> None:
        offer = await offer_slot_to_ann(scenario)
        page = await scenario.use_cases.list_practice_waitlist(scenario.world.front_desk, ListPracticeWaitlistQuery())
        assert [(one.client_name, one.entry.appointment_type_name) for one in page.items] == [
            ("Ann Lee", "Individual session"),
            ("Bob Lee", "Individual session"),
        ]
        assert [one.entry.offer for one in page.items] == [offer, None]
        read = [one.record for one in await scenario.world.audit() if one.action == "waitlist.read"][-2:]
        assert read == sorted([scenario.ann.client_id, scenario.bob.client_id])
        scenario.world.clock.at = offer.expires_at
        page = await scenario.use_cases.list_practice_waitlist(
            scenario.world.front_desk, ListPracticeWaitlistQuery(PageRequest(size=1))
        )
        assert [one.entry.offer for one in page.items] == [None], (
            "an expired offer is hidden even before it is advanced"
        )
        assert page.next is not None

    async def test_past_entries_are_not_listed(self, scenario: BookingScenario) -> None:
        await join_waitlist_as(scenario, scenario.ann, latest_date=date(2026, 3, 4))
        await join_waitlist_as(scenario, scenario.bob)
        # It is the fifth in UTC, but not yet in New York.
        for hour, names in ((23, ["Ann Lee", "Bob Lee"]), (24, ["Bob Lee"])):
            scenario.world.clock.at = new_york(4, 0) + timedelta(hours=hour)
            page = await scenario.use_cases.list_practice_waitlist(
                scenario.world.front_desk, ListPracticeWaitlistQuery()
            )
            assert [one.client_name for one in page.items] == names
        assert [one.record for one in await scenario.world.audit()][-1:] == [scenario.bob.client_id]

    async def test_staff_remove_waitlist_entry(self, scenario: BookingScenario) -> None:
        offer = await offer_slot_to_ann(scenario)
        ann, bob = scenario.ann.client_id, scenario.bob.client_id
        for client_id, entry_id in ((bob, offer.entry_id), (ann, scenario.world.ids.new())):
            with pytest.raises(NotFound):
                await scenario.use_cases.remove_from_waitlist(
                    scenario.world.front_desk, RemoveFromWaitlistCommand(client_id, entry_id)
                )
        command = RemoveFromWaitlistCommand(ann, offer.entry_id)
        await scenario.use_cases.remove_from_waitlist(scenario.world.front_desk, command)
        assert ("waitlist.left", ann) in [(one.action, one.record) for one in await scenario.world.audit()]
        with pytest.raises(WaitlistEntryClosed):
            await scenario.use_cases.remove_from_waitlist(scenario.world.as_staff("administrator"), command)
        await scenario.use_cases.run_freed_slot_jobs()
        assert await current_offer(scenario, scenario.ann) is None
        assert (await require_offer(scenario, scenario.bob)).starts_at == offer.starts_at

    async def test_only_scheduling_staff_manage_the_waitlist(self, scenario: BookingScenario) -> None:
        command = RemoveFromWaitlistCommand(scenario.ann.client_id, (await join_waitlist_as(scenario, scenario.ann)).id)
        for actor, refusal in (
            (scenario.ann, NotFound),
            (scenario.world.as_staff("clinician", clinician_id=scenario.grey), Forbidden),
            (scenario.world.as_staff("biller", "auditor"), Forbidden),
        ):
            with pytest.raises(refusal):
                await scenario.use_cases.list_practice_waitlist(actor, ListPracticeWaitlistQuery())
            with pytest.raises(refusal):
                await scenario.use_cases.remove_from_waitlist(actor, command)


class TestOffers:
    async def test_longest_waiting_client_gets_offer_and_hold(self, scenario: BookingScenario) -> None:
        await join_waitlist_as(scenario, scenario.bob)
        await join_waitlist_as(scenario, scenario.ann)
        await free_slot(scenario)
        await scenario.use_cases.run_freed_slot_jobs()
        offer = await require_offer(scenario, scenario.bob)
        now = scenario.world.clock.now()
        assert (offer.status, offer.starts_at, offer.ends_at) == ("open", TEN, new_york(10, 11))
        assert (offer.clinician_name, offer.expires_at) == ("Dr. Grey", now + timedelta(hours=2))
        assert await current_offer(scenario, scenario.ann) is None
        with pytest.raises(SlotTaken):
            choice = scenario.world.choice(scenario.grey, scenario.appointment_type, TEN)
            await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
        notified = [one for one in await scenario.world.notices() if one.kind == "waitlist_offer"]
        assert [(one.to_client, one.subject_id) for one in notified] == [(scenario.bob.client_id, offer.id)]

    async def test_offering_is_idempotent(self, scenario: BookingScenario) -> None:
        await join_waitlist_as(scenario, scenario.ann)
        await join_waitlist_as(scenario, scenario.bob)
        slot_id = await free_slot(scenario)
        for _ in range(3):
            await scenario.use_cases.offer_freed_slot(scenario.world.system, slot_id)
        assert len(scenario.world.store.table("waitlist_offers")) == 1

    @pytest.mark.parametrize(
        "more",
        [
            {"latest_date": date(2026, 3, 9)},
            {"earliest_date": date(2026, 3, 11)},
            {"weekdays": [0, 2, 3, 4]},
            {"from_time": time(10, 1)},
            {"until_time": time(10, 59)},
        ],
    )
    async def test_unsuitable_entries_are_skipped(self, scenario: BookingScenario, more: dict[str, object]) -> None:
        await join_waitlist_as(scenario, scenario.ann, **more)
        await join_waitlist_as(scenario, scenario.bob)
        await free_slot(scenario)
        await scenario.use_cases.run_freed_slot_jobs()
        assert await current_offer(scenario, scenario.ann) is None
        await require_offer(scenario, scenario.bob)

    async def test_entries_for_other_location_or_clinician_are_skipped(self, scenario: BookingScenario) -> None:
        green, location = await scenario.world.add_clinician("Dr. Green"), await scenario.world.add_location()
        await scenario.world.join_care_team(scenario.ann.client_id, green)
        await join_waitlist_as(scenario, scenario.ann, clinician_id=green)
        await join_waitlist_as(scenario, scenario.ann, location_id=location.id)
        await free_slot(scenario)
        await scenario.use_cases.run_freed_slot_jobs()
        assert [one.offer for one in (await scenario.use_cases.list_waitlist(scenario.ann)).items] == [None, None]
        assert not scenario.world.store.table("freed_slots"), "no entry is left, so the slot is deleted"

    @pytest.mark.parametrize("online", [True, False])
    async def test_wishes_are_local_to_the_current_zone(self, scenario: BookingScenario, online: bool) -> None:
        world, office = scenario.world, await scenario.world.add_location()
        place = None if online else office.id
        await world.open_week(scenario.grey, location_id=place)
        wish = {"location_id": place, "telehealth_only": online}
        await join_waitlist_as(scenario, scenario.bob, from_time=time(10), until_time=time(11), **wish)
        await join_waitlist_as(scenario, scenario.ann, from_time=time(9), until_time=time(10), **wish)
        if online:
            practice = ChangePracticeCommand("Elm Street", "America/Chicago", None, 1)
            change = ChangePractice(cast(Begin[Any], world.begin), world.clock)
            await change(world.as_staff("administrator"), practice)
        else:
            location = DefineLocationCommand(location_id=office.id, name=office.name, time_zone="America/Chicago")
            await DefineLocation(world.begin, world.clock, world.ids)(world.as_staff("administrator"), location)
        [entry] = (await scenario.use_cases.list_waitlist(scenario.ann)).items
        assert (entry.time_zone, entry.from_time, entry.until_time) == ("America/Chicago", "09:00", "10:00")
        await free_slot(scenario, place)
        await scenario.use_cases.run_freed_slot_jobs()
        assert await current_offer(scenario, scenario.bob) is None
        assert (await require_offer(scenario, scenario.ann)).starts_at == TEN

    async def test_no_location_means_any_location(self, scenario: BookingScenario) -> None:
        location = await scenario.world.add_location()
        await scenario.world.open_week(scenario.grey, location_id=location.id)
        telehealth_only = await join_waitlist_as(scenario, scenario.ann, telehealth_only=True)
        any_location = await join_waitlist_as(scenario, scenario.bob)
        assert (telehealth_only.any_location, any_location.any_location) == (False, True)
        await free_slot(scenario, location.id)
        await scenario.use_cases.run_freed_slot_jobs()
        assert await current_offer(scenario, scenario.ann) is None
        assert (await require_offer(scenario, scenario.bob)).location_id == location.id

    async def test_location_and_telehealth_only_exclude_each_other(self, scenario: BookingScenario) -> None:
        with pytest.raises(Invalid):
            waitlist_command(scenario, location_id=scenario.world.ids.new(), telehealth_only=True)

    async def test_busy_or_removed_clients_are_skipped(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.add_booking(green, scenario.appointment_type, new_york(10, 9, 30), scenario.ann.client_id)
        await join_waitlist_as(scenario, scenario.ann)
        await join_waitlist_as(scenario, scenario.bob)
        del scenario.world.store.table("care_team")[scenario.world.practice_id, scenario.bob.client_id, scenario.grey]
        await free_slot(scenario)
        await scenario.use_cases.run_freed_slot_jobs()
        assert not scenario.world.store.table("waitlist_offers")

    async def test_entry_has_one_open_offer_at_a_time(self, scenario: BookingScenario) -> None:
        await join_waitlist_as(scenario, scenario.ann)
        first, second = await free_slot(scenario), None
        await scenario.use_cases.run_freed_slot_jobs()
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(10, 12))
        booked = await scenario.use_cases.book(scenario.bob, BookAppointmentCommand(choice=choice))
        await scenario.use_cases.cancel_for(
            scenario.world.front_desk, CancelAppointmentForClientsCommand(appointment_id=booked.id)
        )
        await scenario.use_cases.run_freed_slot_jobs()
        second = (await scenario.world.jobs("offer_freed_slot"))[-1]["freed_slot_id"]
        slots = [one.freed_slot_id for one in scenario.world.store.table("waitlist_offers").values()]
        assert slots == [first]
        assert second not in slots
        # Nobody else wants it, so it is free for everyone, and checked again when Ann's offer ends.
        await scenario.use_cases.decline_offer(scenario.ann, (await require_offer(scenario, scenario.ann)).id)
        await scenario.use_cases.run_freed_slot_jobs()
        assert (await require_offer(scenario, scenario.ann)).starts_at == new_york(10, 12)
        assert list(scenario.world.store.table("freed_slots").values()) != []
        await scenario.use_cases.accept_offer(scenario.ann, (await require_offer(scenario, scenario.ann)).id)
        await scenario.use_cases.run_freed_slot_jobs()
        assert not scenario.world.store.table("freed_slots")

    @pytest.mark.parametrize("spoil", ["taken", "blocked", "gone"])
    async def test_unavailable_freed_slots_are_dropped(self, scenario: BookingScenario, spoil: str) -> None:
        await join_waitlist_as(scenario, scenario.ann)
        await free_slot(scenario)
        if spoil == "taken":
            await scenario.world.add_booking(
                scenario.grey, scenario.appointment_type, new_york(10, 9, 30), scenario.bob.client_id
            )
        elif spoil == "blocked":
            block = BlockTimeCommand(clinician_id=scenario.grey, starts_at=TEN, ends_at=new_york(10, 10, 5))
            await scenario.use_cases.block(scenario.world.front_desk, block)
        else:
            appointment_type = evolve(scenario.appointment_type, active=False)
            scenario.world.store.table("appointment_types")[scenario.world.practice_id, appointment_type.id] = (
                appointment_type
            )
        await scenario.use_cases.run_freed_slot_jobs()
        assert not scenario.world.store.table("waitlist_offers")
        assert not scenario.world.store.table("freed_slots")

    async def test_no_offer_within_minimum_notice(self, scenario: BookingScenario) -> None:
        appointment_type = evolve(
            scenario.appointment_type, timing=evolve(scenario.appointment_type.timing, min_notice=timedelta(hours=4))
        )
        scenario.world.store.table("appointment_types")[scenario.world.practice_id, appointment_type.id] = (
            appointment_type
        )
        await join_waitlist_as(scenario, scenario.ann)
        await free_slot(scenario)
        scenario.world.clock.at = TEN - timedelta(hours=3, minutes=59)
        await scenario.use_cases.run_freed_slot_jobs()
        assert await current_offer(scenario, scenario.ann) is None

    async def test_offer_expires_at_slot_start(self, scenario: BookingScenario) -> None:
        await join_waitlist_as(scenario, scenario.ann)
        await free_slot(scenario)
        scenario.world.clock.at = TEN - timedelta(minutes=30)
        await scenario.use_cases.run_freed_slot_jobs()
        assert (await require_offer(scenario, scenario.ann)).expires_at == TEN

    async def test_only_system_makes_offers(self, scenario: BookingScenario) -> None:
        slot_id = await free_slot(scenario)
        for actor in (scenario.ann, scenario.world.front_desk):
            with pytest.raises(Forbidden):
                await scenario.use_cases.offer_freed_slot(actor, slot_id)
            with pytest.raises(Forbidden):
                await scenario.use_cases.advance_expired_offers(actor)
            with pytest.raises(Forbidden):
                await scenario.use_cases.delete_expired_holds(actor)
        await scenario.use_cases.offer_freed_slot(scenario.world.system, scenario.world.ids.new())
