"""Contract of the waitlist and its offers. Subclasses provide a `world`."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.practice_views import PracticeWaitlistEntryView
from portal_core.appointments.settings import AppointmentType
from portal_core.appointments.waitlist import WaitlistEntry, WaitlistOffer
from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.kernel.page import PageRequest
from tests.support.contracts.appointments.world import AUDIT_ENTRY, ZONE, AppointmentsWorld, new_york

HOUR = timedelta(hours=1)


class WaitlistContract:
    """The contract of `Waitlist`, `WaitlistReads` and `WaitlistOffers`."""

    def _entry(
        self, world: AppointmentsWorld, client: UUID, appointment_type: AppointmentType, **more: object
    ) -> WaitlistEntry:
        values = {
            "id": world.ids.new(),
            "practice_id": world.practice_id,
            "client_id": client,
            "appointment_type_id": appointment_type.id,
            "location_id": None,
            "clinician_id": None,
            "earliest_date": date(2026, 3, 10),
            "latest_date": date(2026, 3, 20),
            "time_zone": ZONE,
            "joined_at": world.clock.now(),
        }
        return WaitlistEntry(**{**values, **more})  # type: ignore[arg-type]

    def _offer(self, world: AppointmentsWorld, entry: WaitlistEntry, clinician: UUID, **more: object) -> WaitlistOffer:
        values = {
            "id": world.ids.new(),
            "practice_id": world.practice_id,
            "client_id": entry.client_id,
            "entry_id": entry.id,
            "freed_slot_id": world.ids.new(),
            "clinician_id": clinician,
            "appointment_type_id": entry.appointment_type_id,
            "location_id": None,
            "starts_at": new_york(12, 9),
            "ends_at": new_york(12, 10),
            "calendar_entry_id": world.ids.new(),
            "offered_at": world.clock.now(),
            "expires_at": world.clock.now() + 2 * HOUR,
        }
        return WaitlistOffer(**{**values, **more})  # type: ignore[arg-type]

    async def _join(self, world: AppointmentsWorld, *entries: WaitlistEntry) -> None:
        for one in entries:
            async with world.begin(world.as_client(one.client_id)) as unit:
                await unit.waitlist.add(one, AUDIT_ENTRY)
                await unit.commit(None)

    async def _make(self, world: AppointmentsWorld, *offers: WaitlistOffer) -> None:
        async with world.begin(world.system) as unit:
            for one in offers:
                await unit.offers.add(one, AUDIT_ENTRY)
            await unit.commit(None)

    async def test_every_field_round_trips(self, world: AppointmentsWorld) -> None:
        ann, appointment_type, location = (
            await world.add_client(),
            await world.add_appointment_type(),
            await world.add_location(time_zone="Europe/Berlin"),
        )
        clinician = await world.add_clinician()
        entry = self._entry(
            world,
            ann,
            appointment_type,
            location_id=location.id,
            clinician_id=clinician,
            weekdays=frozenset({4, 0}),
            from_time=time(8, 15),
            until_time=time(17, 45),
            time_zone="Europe/Berlin",
        )
        await self._join(world, entry)
        offer = self._offer(world, entry, clinician, location_id=location.id)
        await self._make(world, offer)
        async with world.begin(world.as_client(ann)) as unit:
            assert await unit.waitlist.get(ann, entry.id) == entry
            assert await unit.offers.get(ann, offer.id) == offer
            any_location = self._entry(world, ann, appointment_type, any_location=True)
            await unit.waitlist.add(any_location, AUDIT_ENTRY)
            assert await unit.waitlist.get(ann, any_location.id) == any_location
            assert [
                one.any_location for one in await unit.waitlist_reads.of_client(ann) if one.id == any_location.id
            ] == [True]
            accepted = offer.accept(world.ids.new(), at=world.clock.now())
            await unit.offers.save(accepted, AUDIT_ENTRY)
            await unit.waitlist.save(entry.booked(), AUDIT_ENTRY)
            assert await unit.offers.get(ann, offer.id) == accepted
            assert await unit.waitlist.get(ann, entry.id) == entry.booked()

    async def test_entries_have_the_current_zone_of_their_location_or_the_practice(
        self, world: AppointmentsWorld
    ) -> None:
        ann, appointment_type = await world.add_client(), await world.add_appointment_type()
        location = await world.add_location(time_zone="Europe/Berlin")
        there = self._entry(world, ann, appointment_type, location_id=location.id, time_zone="Europe/Berlin")
        online = self._entry(world, ann, appointment_type, time_zone="Europe/Berlin")
        await self._join(world, there, online)
        async with world.begin(world.front_desk) as unit:
            await unit.setup.save_location(evolve(location, time_zone="Pacific/Chatham", version=2), AUDIT_ENTRY)
            await unit.commit(None)
        zones = {there.id: "Pacific/Chatham", online.id: ZONE}
        async with world.begin(world.as_client(ann)) as unit:
            own = [await unit.waitlist.get(ann, one) for one in zones]
            views = await unit.waitlist_reads.of_client(ann)
        async with world.begin(world.system) as unit:
            waiting = await unit.waitlist.matching(appointment_type.id, date(2026, 3, 12))
            listed = await unit.waitlist_reads.list_for_practice(date(2026, 3, 12), PageRequest())
        for found in (own, views, waiting, [one.entry for one in listed.items]):
            assert {one.id: one.time_zone for one in found if one is not None} == zones

    async def test_stale_version_is_refused(self, world: AppointmentsWorld) -> None:
        ann, appointment_type, clinician = (
            await world.add_client(),
            await world.add_appointment_type(),
            await world.add_clinician(),
        )
        entry = self._entry(world, ann, appointment_type)
        await self._join(world, entry)
        offer = self._offer(world, entry, clinician)
        await self._make(world, offer)
        async with world.begin(world.as_client(ann)) as unit:
            await unit.waitlist.save(entry.leave(), AUDIT_ENTRY)
            await unit.offers.save(offer.decline(), AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.system) as unit:
            with pytest.raises(StaleVersion):
                await unit.offers.save(offer.expire(), AUDIT_ENTRY)
            with pytest.raises(StaleVersion):
                await unit.waitlist.save(entry.booked(), AUDIT_ENTRY)

    async def test_other_clients_rows_are_not_visible(self, world: AppointmentsWorld) -> None:
        ann, bob, appointment_type = (
            await world.add_client(),
            await world.add_client(given="Bob"),
            await world.add_appointment_type(),
        )
        clinician = await world.add_clinician()
        entry = self._entry(world, ann, appointment_type)
        await self._join(world, entry)
        offer = self._offer(world, entry, clinician)
        await self._make(world, offer)
        async with world.begin(world.as_client(bob)) as unit:
            for client in (ann, bob):
                assert await unit.waitlist.get(client, entry.id) is None
                assert await unit.offers.get(client, offer.id) is None
                assert await unit.waitlist_reads.of_client(client) == ()
            assert await unit.waitlist.matching(appointment_type.id, date(2026, 3, 12)) == []
            assert (await unit.waitlist_reads.list_for_practice(date(2026, 3, 12), PageRequest())).items == ()
            assert await unit.offers.of_slot(offer.freed_slot_id) == []
            assert await unit.offers.expired(offer.expires_at) == []
        other = await world.other_practice()
        async with other.begin(other.system) as unit:
            assert await unit.waitlist.matching(appointment_type.id, date(2026, 3, 12)) == []
            assert await unit.offers.expired(offer.expires_at) == []

    async def test_matching_entries_are_longest_waiting_first(self, world: AppointmentsWorld) -> None:
        appointment_type, other = await world.add_appointment_type(), await world.add_appointment_type("Other")
        clients = [await world.add_client(given=name) for name in ("Ann", "Bob", "Cleo", "Dan")]
        now = world.clock.now()
        late, early, twin, other_type = (
            self._entry(world, client, appointment_type, joined_at=now + HOUR * hours)
            for client, hours in zip(clients, (2, 1, 1, 0), strict=True)
        )
        other_type = evolve(other_type, appointment_type_id=other.id)
        await self._join(world, late, early, twin, other_type)
        async with world.begin(world.system) as unit:
            found = await unit.waitlist.matching(appointment_type.id, date(2026, 3, 12))
            # A day's tolerance on both sides, since the slot's zone may differ.
            days = [
                day for day in range(5, 26) if await unit.waitlist.matching(appointment_type.id, date(2026, 3, day))
            ]
            await unit.waitlist.save(early.leave(), AUDIT_ENTRY)
            left = await unit.waitlist.matching(appointment_type.id, date(2026, 3, 12))
        assert found == [*sorted((early, twin), key=lambda one: one.id), late]
        assert set(days) >= set(range(10, 21))
        assert set(days) <= set(range(9, 22))
        assert left == [twin, late]

    async def test_client_view_shows_entry_and_offer(self, world: AppointmentsWorld) -> None:
        ann, appointment_type = await world.add_client(), await world.add_appointment_type("Session")
        grey, green = await world.add_clinician("Dr. Grey"), await world.add_clinician("Dr. Green")
        now = world.clock.now()
        plain = self._entry(world, ann, appointment_type, weekdays=frozenset({3, 1}), joined_at=now + HOUR)
        offered = self._entry(world, ann, appointment_type, clinician_id=grey)
        gone = self._entry(world, ann, appointment_type)
        await self._join(world, plain, offered, gone)
        declined = self._offer(world, offered, green, offered_at=now - HOUR)
        opened = self._offer(world, offered, green)
        await self._make(world, declined, opened)
        async with world.begin(world.as_client(ann)) as unit:
            await unit.offers.save(declined.decline(), AUDIT_ENTRY)
            await unit.waitlist.save(gone.leave(), AUDIT_ENTRY)
            first, second = await unit.waitlist_reads.of_client(ann)
        assert (first.id, first.clinician_name, first.appointment_type_name) == (offered.id, "Dr. Grey", "Session")
        assert first.offer is not None
        assert (first.offer.id, first.offer.clinician_name, first.offer.version) == (opened.id, "Dr. Green", 1)
        assert (first.offer.starts_at, first.offer.expires_at) == (opened.starts_at, opened.expires_at)
        assert (second.id, second.offer, second.weekdays, second.clinician_name) == (plain.id, None, (1, 3), None)

    async def test_practice_list_is_longest_waiting_first(self, world: AppointmentsWorld) -> None:
        ann = await world.add_client(given="Ann", chosen="Andy", pronouns="she/they")
        bob, appointment_type = await world.add_client(given="Bob"), await world.add_appointment_type("Session")
        grey, now = await world.add_clinician("Dr. Grey"), world.clock.now()
        late = self._entry(world, bob, appointment_type, joined_at=now + HOUR)
        early, twin = (self._entry(world, client, appointment_type, clinician_id=grey) for client in (ann, bob))
        gone = self._entry(world, bob, appointment_type, joined_at=now - HOUR)
        await self._join(world, late, early, twin, gone)
        opened = [self._offer(world, early, grey, offered_at=now + HOUR * number) for number in (0, 2, 1)]
        await self._make(world, *opened)
        async with world.begin(world.front_desk) as unit:
            await unit.waitlist.save(gone.leave(), AUDIT_ENTRY)
            await unit.commit(None)
        found, after = list[PracticeWaitlistEntryView](), None
        async with world.begin(world.front_desk) as unit:
            while not found or after:
                page = await unit.waitlist_reads.list_for_practice(date(2026, 3, 12), PageRequest(after, 1))
                found, after = [*found, *page.items], page.next
                assert len(page.items) == 1
            assert [one.entry.id for one in found] == [*sorted((early.id, twin.id)), late.id]
            # A day's tolerance, since the local date of the entry may differ.
            days = [
                day
                for day in range(17, 25)
                if (await unit.waitlist_reads.list_for_practice(date(2026, 3, day), PageRequest())).items
            ]
            with pytest.raises(Invalid):
                await unit.waitlist_reads.list_for_practice(date(2026, 3, 12), PageRequest("x"))
            of_ann = await unit.waitlist_reads.of_client(ann)
        assert {17, 18, 19, 20} <= set(days) <= {17, 18, 19, 20, 21}
        [anns] = [one for one in found if one.client_id == ann]
        assert (anns.client_name, anns.client_pronouns, (anns.entry,)) == ("Andy Lee", "she/they", of_ann)
        # If two were open, the later one would count.
        assert anns.entry.offer is not None
        assert anns.entry.offer.id == opened[1].id
        assert {(one.client_name, one.client_pronouns) for one in found if one.client_id == bob} == {("Bob Lee", None)}
        other = await world.other_practice()
        async with other.begin(other.front_desk) as unit:
            assert (await unit.waitlist_reads.list_for_practice(date(2026, 3, 12), PageRequest())).items == ()

    async def test_offers_are_found_by_slot_and_by_expiry(self, world: AppointmentsWorld) -> None:
        appointment_type, clinician = await world.add_appointment_type(), await world.add_clinician()
        now: datetime = world.clock.now()
        entries = [self._entry(world, await world.add_client(), appointment_type) for _ in range(3)]
        await self._join(world, *entries)
        slot = world.ids.new()
        offers = [
            self._offer(
                world, one, clinician, freed_slot_id=slot, offered_at=now + HOUR * hours, expires_at=now + HOUR * until
            )
            for one, hours, until in zip(entries, (0, 1, 2), (3, 2, 4), strict=True)
        ]
        await self._make(world, *offers)
        async with world.begin(world.system) as unit:
            assert await unit.offers.of_slot(slot) == offers
            assert await unit.offers.of_slot(world.ids.new()) == []
            assert await unit.offers.expired(now + 2 * HOUR - timedelta.resolution) == []
            assert await unit.offers.expired(now + 3 * HOUR) == [offers[1], offers[0]]
            await unit.offers.save(offers[1].expire(), AUDIT_ENTRY)
            assert await unit.offers.expired(now + 3 * HOUR) == [offers[0]]
            assert [one.status for one in await unit.offers.of_slot(slot)] == ["open", "expired", "open"]

    async def test_expired_offers_are_limited_to_a_hundred(self, world: AppointmentsWorld) -> None:
        appointment_type, clinician, ann = (
            await world.add_appointment_type(),
            await world.add_clinician(),
            await world.add_client(),
        )
        entry = self._entry(world, ann, appointment_type)
        await self._join(world, entry)
        await self._make(world, *(self._offer(world, entry, clinician) for _ in range(101)))
        async with world.begin(world.system) as unit:
            assert len(await unit.offers.expired(world.clock.now() + 2 * HOUR)) == 100
