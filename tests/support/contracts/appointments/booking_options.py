"""What every keeper of appointments must do with what the practice offers."""

from datetime import date, time, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from portal_core.appointments.scheduling.availability import AvailabilityException, AvailabilityRule
from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.scheduling.durations import KindTiming
from portal_core.appointments.settings import AppointmentRules, Kind
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.money import Money
from tests.support.contracts.appointments.world import AUDITED, ZONE, AppointmentsWorld

MINUTES = st.integers(1, 24 * 60).map(lambda n: timedelta(minutes=n))
TIMES = st.integers(0, 24 * 60 - 1).map(lambda n: time(n // 60, n % 60))
DATES = st.dates(date(2020, 1, 1), date(2040, 1, 1))
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=30)
FEES = st.builds(Money, st.integers(1, 100_000_00), st.sampled_from(["USD", "EUR", "JPY"]))
NOTICES = st.one_of(st.integers(0, 1000).map(lambda n: timedelta(hours=n)), st.integers(1, 366).map(CalendarDays))
RULES = st.builds(
    AppointmentRules,
    cancel_notice=NOTICES,
    late_cancel=st.sampled_from(["refuse", "allow", "fee"]),
    late_fee=FEES,
    self_booking=st.booleans(),
    hold_for=MINUTES,
    holds_per_client=st.integers(1, 9),
    requests_per_client=st.integers(1, 9),
    waitlist_per_client=st.integers(1, 9),
    offer_for=MINUTES,
    calendar_title=NAMES,
)


class OffersContract:
    """`ScheduleSetup`, `ScheduleDirectory` and `Availability`."""

    @given(rules=RULES)
    async def test_rules_round_trip(self, world: AppointmentsWorld, rules: AppointmentRules) -> None:
        await world.save_rules(rules)
        async with world.begin(world.desk) as unit:
            assert (await unit.directory.for_practice()).rules == rules

    async def test_rules_that_changed_meanwhile_are_not_replaced(self, world: AppointmentsWorld) -> None:
        async with world.begin(world.desk) as unit:
            shown = (await unit.directory.for_practice()).version
            first = await unit.setup.save_rules(AppointmentRules(holds_per_client=3), AUDITED, shown)
            second = await unit.setup.save_rules(AppointmentRules(holds_per_client=4), AUDITED)
            await unit.commit(None)
        assert (first, second) == (shown + 1, shown + 2)
        for version in (shown, shown + 3):
            with pytest.raises(StaleVersion):
                async with world.begin(world.desk) as unit:
                    await unit.setup.save_rules(AppointmentRules(), AUDITED, version)
        client = await world.add_client()
        async with world.begin(world.as_client(client)) as unit:
            found = await unit.directory.for_client(client)
        assert (found.rules.holds_per_client, found.version) == (4, second)

    async def test_until_saved_the_rules_are_the_defaults(self, world: AppointmentsWorld) -> None:
        async with world.begin(world.desk) as unit:
            schedule = await unit.directory.for_practice()
        assert (schedule.rules, schedule.zone) == (AppointmentRules(), ZONE)

    @given(data=st.data())
    async def test_kinds_round_trip(self, world: AppointmentsWorld, data: st.DataObject) -> None:
        kind_id = world.ids.new()
        timing = st.builds(
            KindTiming,
            kind_id=st.just(kind_id),
            duration=MINUTES,
            buffer_before=MINUTES,
            buffer_after=MINUTES,
            slot_step=st.none() | MINUTES,
            minimum_notice=MINUTES,
            maximum_advance_days=st.integers(0, 3660),
        )
        kinds = st.builds(
            Kind,
            id=st.just(kind_id),
            name=NAMES,
            timing=timing,
            seats=st.integers(1, 30),
            online=st.booleans(),
            active=st.booleans(),
        )
        first, second = data.draw(kinds), evolve(data.draw(kinds), version=2)
        for kind in (first, second):
            async with world.begin(world.desk) as unit:
                await unit.setup.save_kind(kind, AUDITED)
                await unit.commit(None)
            async with world.begin(world.desk) as unit:
                assert (await unit.directory.for_practice()).kinds[kind_id] == kind

    async def test_a_kind_or_place_that_changed_meanwhile_is_not_saved(self, world: AppointmentsWorld) -> None:
        kind, place = await world.add_kind(), await world.add_place()
        for version in (1, 3):
            with pytest.raises(StaleVersion):
                async with world.begin(world.desk) as unit:
                    await unit.setup.save_kind(evolve(kind, name="Stale", version=version), AUDITED)
            with pytest.raises(StaleVersion):
                async with world.begin(world.desk) as unit:
                    await unit.setup.save_place(evolve(place, name="Stale", version=version), AUDITED)
        async with world.begin(world.desk) as unit:
            found = await unit.directory.for_practice()
        assert (found.kinds, found.places) == ({kind.id: kind}, {place.id: place})

    async def test_a_client_is_offered_their_care_team(self, world: AppointmentsWorld) -> None:
        client = await world.add_client()
        grey = await world.add_clinician("Dr. Grey", credentials="PhD")
        await world.add_clinician("Dr. Green")
        gone = await world.add_clinician("Dr. Gone", active=False)
        await world.join_care_team(client, grey)
        await world.join_care_team(client, gone)
        kind, place = await world.add_kind(), await world.add_place()
        async with world.begin(world.as_client(client)) as unit:
            found = await unit.directory.for_client(client)
        assert dict(found.kinds) == {kind.id: kind}
        assert dict(found.places) == {place.id: place}
        assert {one.id: (one.name, one.credentials, one.active) for one in found.clinicians.values()} == {
            grey: ("Dr. Grey", "PhD", True),
            gone: ("Dr. Gone", "", False),
        }

    async def test_an_unknown_client_is_offered_nobody(self, world: AppointmentsWorld) -> None:
        await world.add_clinician()
        async with world.begin(world.desk) as unit:
            assert not (await unit.directory.for_client(world.ids.new())).clinicians

    async def test_the_practice_has_all(self, world: AppointmentsWorld) -> None:
        grey, green = await world.add_clinician("Dr. Grey"), await world.add_clinician("Dr. Green", active=False)
        account = await world.add_account_of(grey)
        other = await world.beside()
        await other.add_clinician("Dr. Other")
        async with world.begin(world.desk) as unit:
            found = await unit.directory.for_practice()
            assert {one.id: one.account_id for one in found.clinicians.values()} == {grey: account, green: None}
            assert await unit.directory.clinician(grey) == found.clinicians[grey]
            assert await unit.directory.clinician(world.ids.new()) is None

    async def test_a_clients_transaction_knows_whom_to_tell(self, world: AppointmentsWorld) -> None:
        client, grey = await world.add_client(), await world.add_clinician("Dr. Grey")
        account = await world.add_account_of(grey)
        await world.join_care_team(client, grey)
        async with world.begin(world.as_client(client)) as unit:
            assert (await unit.directory.for_client(client)).clinicians[grey].account_id == account
            clinician = await unit.directory.clinician(grey)
        assert clinician is not None
        assert clinician.account_id == account

    @given(data=st.data())
    async def test_published_rules_replace_the_ones_before(self, world: AppointmentsWorld, data: st.DataObject) -> None:
        clinician, other = await world.add_clinician(), await world.add_clinician()
        await world.open_week(other)
        place, kind = await world.add_place(), await world.add_kind()

        def rule(weekday: int, day: time, more: int) -> AvailabilityRule:
            return AvailabilityRule(
                id=world.ids.new(),
                clinician_id=clinician,
                weekday=weekday,
                starts=min(day, time(23)),
                ends=time(23, 30) if more & 1 else time(0),
                zone=ZONE,
                place_id=place.id if more & 2 else None,
                kind_ids=[kind.id] if more & 4 else [],
                valid_from=date(2026, 1, 1),
                valid_until=date(2027, 1, 1) if more & 8 else None,
            )

        rules = st.lists(st.builds(rule, st.integers(0, 6), TIMES, st.integers(0, 15)), max_size=4)
        for published in (data.draw(rules), data.draw(rules)):
            async with world.begin(world.desk) as unit:
                await unit.calendar.lock([clinician], world.clock.now())
                await unit.availability.publish(clinician, published, AUDITED)
                await unit.commit(None)
            async with world.begin(world.desk) as unit:
                found = await unit.availability.rules([clinician])
                assert sorted(found, key=lambda one: one.id) == sorted(published, key=lambda one: one.id)
                assert len(await unit.availability.rules([clinician, other])) == len(published) + 5

    async def test_hours_are_in_the_zone_that_their_place_has_now(self, world: AppointmentsWorld) -> None:
        clinician, place = await world.add_clinician(), await world.add_place(zone="Europe/Berlin")
        await world.open_week(clinician, place_id=place.id, zone="Europe/Berlin")
        day = date(2026, 3, 3)
        closed = AvailabilityException(
            id=world.ids.new(), clinician_id=clinician, date=day, opens=False, zone="Europe/Berlin", place_id=place.id
        )
        async with world.begin(world.desk) as unit:
            await unit.availability.add_exception(closed, AUDITED)
            await unit.setup.save_place(evolve(place, zone="Pacific/Chatham", version=2), AUDITED)
            rules = await unit.availability.rules([clinician])
            exceptions = await unit.availability.exceptions([clinician], day, day)
        assert {one.zone for one in (*rules, *exceptions)} == {"Pacific/Chatham"}

    async def test_hours_without_a_place_are_in_the_zone_of_the_practice(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        await world.open_week(clinician, zone="Europe/Berlin")
        async with world.begin(world.desk) as unit:
            assert {one.zone for one in await unit.availability.rules([clinician])} == {ZONE}

    async def test_exceptions_by_date(self, world: AppointmentsWorld) -> None:
        clinician, other, place = await world.add_clinician(), await world.add_clinician(), await world.add_place()
        whole = AvailabilityException(
            id=world.ids.new(), clinician_id=clinician, date=date(2026, 3, 3), opens=False, zone=ZONE
        )
        part = AvailabilityException(
            id=world.ids.new(),
            clinician_id=clinician,
            date=date(2026, 3, 5),
            opens=True,
            zone=ZONE,
            starts=time(9),
            ends=time(12),
            place_id=place.id,
        )
        async with world.begin(world.desk) as unit:
            for one in (whole, part):
                await unit.availability.add_exception(one, Audited("test.added", one.id))
            await unit.commit(None)
        async with world.begin(world.desk) as unit:
            find = unit.availability.exceptions
            assert await find([clinician], date(2026, 3, 3), date(2026, 3, 4)) == [whole]
            assert await find([clinician], date(2026, 3, 4), date(2026, 3, 5)) == [part]
            assert await find([clinician], date(2026, 3, 6), date.max) == []
            assert await find([other], date(2026, 3, 1), date(2026, 3, 9)) == []
            assert not await unit.availability.remove_exception(other, whole.id, Audited("test.removed", whole.id))
            assert await unit.availability.remove_exception(clinician, whole.id, Audited("test.removed", whole.id))
            assert await find([clinician], date(2026, 3, 3), date(2026, 3, 9)) == [part]
            await unit.commit(None)
        written = [one.action for one in await world.audit() if one.target == whole.id]
        assert written == ["test.added", "test.removed"]
