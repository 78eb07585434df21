"""Contract of booking options."""

from datetime import date, time, timedelta
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from portal_core.appointments.scheduling.availability import AvailabilityException, AvailabilityRule
from portal_core.appointments.scheduling.deadlines import CalendarDays
from portal_core.appointments.scheduling.durations import AppointmentTiming
from portal_core.appointments.settings import AppointmentSettings, AppointmentType, PublishedHours
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.money import Money
from tests.support.contracts.appointments.world import AUDIT_ENTRY, ZONE, AppointmentsWorld

MINUTES = st.integers(1, 24 * 60).map(lambda n: timedelta(minutes=n))
TIMES = st.integers(0, 24 * 60 - 1).map(lambda n: time(n // 60, n % 60))
DATES = st.dates(date(2020, 1, 1), date(2040, 1, 1))
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=30)
FEES = st.builds(Money, st.integers(1, 100_000_00), st.sampled_from(["USD", "EUR", "JPY"]))
NOTICES = st.one_of(st.integers(0, 1000).map(lambda n: timedelta(hours=n)), st.integers(1, 366).map(CalendarDays))
SETTINGS = st.builds(
    AppointmentSettings,
    cancel_notice=NOTICES,
    late_cancel=st.sampled_from(["refuse", "allow", "fee"]),
    late_cancel_fee=FEES,
    self_booking=st.booleans(),
    hold_duration=MINUTES,
    max_holds_per_client=st.integers(1, 9),
    max_requests_per_client=st.integers(1, 9),
    max_waitlist_entries_per_client=st.integers(1, 9),
    offer_duration=MINUTES,
    calendar_title=NAMES,
    calendar_name=NAMES,
)


class BookingOptionsContract:
    """The contract of `BookingSetup`, `BookingDirectory` and `Availability`."""

    @given(settings=SETTINGS)
    async def test_options_have_the_saved_settings(
        self, world: AppointmentsWorld, settings: AppointmentSettings
    ) -> None:
        await world.save_appointment_settings(settings)
        client = await world.add_client()
        async with world.begin(world.front_desk) as unit:
            options, stored = await unit.directory.for_practice(), await unit.appointment_settings.get()
        assert (options.settings, options.settings_version) == (settings, stored.version)
        async with world.begin(world.as_client(client)) as unit:
            options = await unit.directory.for_client(client)
        assert (options.settings, options.settings_version) == (settings, stored.version)

    async def test_settings_default_until_saved(self, world: AppointmentsWorld) -> None:
        async with world.begin(world.front_desk) as unit:
            options = await unit.directory.for_practice()
        assert (options.settings, options.settings_version, options.time_zone) == (AppointmentSettings(), 0, ZONE)

    @given(data=st.data())
    async def test_appointment_types_round_trip(self, world: AppointmentsWorld, data: st.DataObject) -> None:
        appointment_type_id = world.ids.new()
        timing = st.builds(
            AppointmentTiming,
            appointment_type_id=st.just(appointment_type_id),
            duration=MINUTES,
            buffer_before=MINUTES,
            buffer_after=MINUTES,
            slot_step=st.none() | MINUTES,
            min_notice=MINUTES,
            max_advance_days=st.integers(0, 3660),
        )
        appointment_types = st.builds(
            AppointmentType,
            id=st.just(appointment_type_id),
            name=NAMES,
            timing=timing,
            seats=st.integers(1, 30),
            self_bookable=st.booleans(),
            clients_may_open=st.booleans(),
            active=st.booleans(),
            cpt_code=st.none() | st.sampled_from(["90834", "0373T", "1220F"]),
        )
        first, second = data.draw(appointment_types), evolve(data.draw(appointment_types), version=2)
        for appointment_type in (first, second):
            async with world.begin(world.front_desk) as unit:
                await unit.setup.save_appointment_type(appointment_type, AUDIT_ENTRY)
                await unit.commit(None)
            async with world.begin(world.front_desk) as unit:
                assert (await unit.directory.for_practice()).appointment_types[appointment_type_id] == appointment_type

    async def test_stale_appointment_type_or_location_is_refused(self, world: AppointmentsWorld) -> None:
        appointment_type, location = await world.add_appointment_type(), await world.add_location()
        for version in (1, 3):
            with pytest.raises(StaleVersion):
                async with world.begin(world.front_desk) as unit:
                    await unit.setup.save_appointment_type(
                        evolve(appointment_type, name="Stale", version=version), AUDIT_ENTRY
                    )
            with pytest.raises(StaleVersion):
                async with world.begin(world.front_desk) as unit:
                    await unit.setup.save_location(evolve(location, name="Stale", version=version), AUDIT_ENTRY)
        async with world.begin(world.front_desk) as unit:
            found = await unit.directory.for_practice()
        assert (found.appointment_types, found.locations) == (
            {appointment_type.id: appointment_type},
            {location.id: location},
        )

    async def test_client_options_include_care_team(self, world: AppointmentsWorld) -> None:
        client = await world.add_client()
        grey = await world.add_clinician("Dr. Grey", credentials="PhD")
        await world.add_clinician("Dr. Green")
        gone = await world.add_clinician("Dr. Gone", active=False)
        await world.join_care_team(client, grey)
        await world.join_care_team(client, gone)
        appointment_type, location = await world.add_appointment_type(), await world.add_location()
        async with world.begin(world.as_client(client)) as unit:
            found = await unit.directory.for_client(client)
        assert dict(found.appointment_types) == {appointment_type.id: appointment_type}
        assert dict(found.locations) == {location.id: location}
        assert {one.id: (one.name, one.credentials, one.active) for one in found.clinicians.values()} == {
            grey: ("Dr. Grey", "PhD", True),
            gone: ("Dr. Gone", None, False),
        }

    async def test_room_is_missing_where_rooms_are_the_clinicians_own(self, world: AppointmentsWorld) -> None:
        client = await world.add_client()
        grey = await world.add_clinician("Dr. Grey", room_link="https://rooms.test/grey")
        green = await world.add_clinician("Dr. Green")
        for one in (grey, green):
            await world.join_care_team(client, one)

        async def missing() -> list[dict[UUID, bool]]:
            async with world.begin(world.as_client(client), read_only=True) as unit:
                own = await unit.directory.for_client(client)
            async with world.begin(world.front_desk) as unit:
                every = await unit.directory.for_practice()
                single = [await unit.directory.clinician(one) for one in (grey, green)]
            found = (own.clinicians.values(), every.clinicians.values(), [one for one in single if one is not None])
            return [{one.id: one.room_missing for one in some} for some in found]

        assert await missing() == [{grey: False, green: False}] * 3
        world.use_clinician_rooms()
        assert await missing() == [{grey: False, green: True}] * 3

    async def test_published_hours_are_those_of_the_care_team(self, world: AppointmentsWorld) -> None:
        client, grey, green = await world.add_client(), await world.add_clinician(), await world.add_clinician()
        location, appointment_type = await world.add_location(), await world.add_appointment_type()
        await world.join_care_team(client, grey)
        await world.open_week(green)
        ended = AvailabilityRule(
            id=world.ids.new(),
            clinician_id=grey,
            weekday=0,
            start_time=time(9),
            end_time=time(17),
            time_zone=ZONE,
            location_id=location.id,
            appointment_type_ids=[appointment_type.id],
            valid_from=date(2026, 1, 1),
            valid_until=date(2026, 3, 3),
        )
        lasting = evolve(ended, id=world.ids.new(), weekday=1, location_id=None, valid_until=None)
        extra, closed, passed = (
            AvailabilityException(
                id=world.ids.new(),
                clinician_id=grey,
                date=date(2026, 3, day),
                available=available,
                time_zone=ZONE,
                location_id=location.id,
            )
            for day, available in ((3, True), (4, False), (2, True))
        )
        async with world.begin(world.front_desk) as unit:
            await unit.availability.publish(grey, [ended, lasting, evolve(lasting, id=world.ids.new())], AUDIT_ENTRY)
            for one in (extra, closed, passed):
                await unit.availability.add_exception(one, AUDIT_ENTRY)
            await unit.commit(None)
        types = frozenset({appointment_type.id})
        by_telehealth = PublishedHours(clinician_id=grey, location_id=None, appointment_type_ids=types)
        at_location = PublishedHours(clinician_id=grey, location_id=location.id, appointment_type_ids=types)
        for_all_types = PublishedHours(clinician_id=grey, location_id=location.id)
        async with world.begin(world.as_client(client)) as unit:
            on_the_day = await unit.directory.published_hours(client, date(2026, 3, 3))
            afterwards = await unit.directory.published_hours(client, date(2026, 3, 4))
        assert (len(on_the_day), set(on_the_day)) == (3, {by_telehealth, at_location, for_all_types})
        assert afterwards == [by_telehealth]
        async with world.begin(world.as_client(await world.add_client())) as unit:
            assert await unit.directory.published_hours(client, date(2026, 3, 3)) == []

    async def test_unknown_client_has_no_clinicians(self, world: AppointmentsWorld) -> None:
        await world.add_clinician()
        async with world.begin(world.front_desk) as unit:
            assert not (await unit.directory.for_client(world.ids.new())).clinicians

    async def test_practice_sees_all_clinicians(self, world: AppointmentsWorld) -> None:
        grey, green = await world.add_clinician("Dr. Grey"), await world.add_clinician("Dr. Green", active=False)
        account = await world.add_clinician_account(grey)
        other = await world.other_practice()
        await other.add_clinician("Dr. Other")
        async with world.begin(world.front_desk) as unit:
            found = await unit.directory.for_practice()
            assert {one.id: one.account_id for one in found.clinicians.values()} == {grey: account, green: None}
            assert await unit.directory.clinician(grey) == found.clinicians[grey]
            assert await unit.directory.clinician(world.ids.new()) is None

    async def test_client_transaction_sees_clinician_account(self, world: AppointmentsWorld) -> None:
        client, grey = await world.add_client(), await world.add_clinician("Dr. Grey")
        account = await world.add_clinician_account(grey)
        await world.join_care_team(client, grey)
        async with world.begin(world.as_client(client)) as unit:
            assert (await unit.directory.for_client(client)).clinicians[grey].account_id == account
            clinician = await unit.directory.clinician(grey)
        assert clinician is not None
        assert clinician.account_id == account

    @given(data=st.data())
    async def test_published_rules_replace_previous_ones(self, world: AppointmentsWorld, data: st.DataObject) -> None:
        clinician, other = await world.add_clinician(), await world.add_clinician()
        await world.open_week(other)
        location, appointment_type = await world.add_location(), await world.add_appointment_type()

        def rule(weekday: int, day: time, more: int) -> AvailabilityRule:
            return AvailabilityRule(
                id=world.ids.new(),
                clinician_id=clinician,
                weekday=weekday,
                start_time=min(day, time(23)),
                end_time=time(23, 30) if more & 1 else time(0),
                time_zone=ZONE,
                location_id=location.id if more & 2 else None,
                appointment_type_ids=[appointment_type.id] if more & 4 else [],
                valid_from=date(2026, 1, 1),
                valid_until=date(2027, 1, 1) if more & 8 else None,
            )

        rules = st.lists(st.builds(rule, st.integers(0, 6), TIMES, st.integers(0, 15)), max_size=4)
        for published in (data.draw(rules), data.draw(rules)):
            async with world.begin(world.front_desk) as unit:
                await unit.calendar.lock([clinician], world.clock.now())
                await unit.availability.publish(clinician, published, AUDIT_ENTRY)
                await unit.commit(None)
            async with world.begin(world.front_desk) as unit:
                found = await unit.availability.rules([clinician])
                assert sorted(found, key=lambda one: one.id) == sorted(published, key=lambda one: one.id)
                assert len(await unit.availability.rules([clinician, other])) == len(published) + 5

    async def test_hours_use_current_time_zone_of_location(self, world: AppointmentsWorld) -> None:
        clinician, location = await world.add_clinician(), await world.add_location(time_zone="Europe/Berlin")
        await world.open_week(clinician, location_id=location.id, time_zone="Europe/Berlin")
        day = date(2026, 3, 3)
        closed = AvailabilityException(
            id=world.ids.new(),
            clinician_id=clinician,
            date=day,
            available=False,
            time_zone="Europe/Berlin",
            location_id=location.id,
        )
        async with world.begin(world.front_desk) as unit:
            await unit.availability.add_exception(closed, AUDIT_ENTRY)
            await unit.setup.save_location(evolve(location, time_zone="Pacific/Chatham", version=2), AUDIT_ENTRY)
            rules = await unit.availability.rules([clinician])
            exceptions = await unit.availability.exceptions([clinician], day, day)
        assert {one.time_zone for one in (*rules, *exceptions)} == {"Pacific/Chatham"}

    async def test_hours_without_location_use_practice_time_zone(self, world: AppointmentsWorld) -> None:
        clinician = await world.add_clinician()
        await world.open_week(clinician, time_zone="Europe/Berlin")
        async with world.begin(world.front_desk) as unit:
            assert {one.time_zone for one in await unit.availability.rules([clinician])} == {ZONE}

    async def test_exceptions_are_listed_by_date(self, world: AppointmentsWorld) -> None:
        clinician, other, location = (
            await world.add_clinician(),
            await world.add_clinician(),
            await world.add_location(),
        )
        whole = AvailabilityException(
            id=world.ids.new(), clinician_id=clinician, date=date(2026, 3, 3), available=False, time_zone=ZONE
        )
        part = AvailabilityException(
            id=world.ids.new(),
            clinician_id=clinician,
            date=date(2026, 3, 5),
            available=True,
            time_zone=ZONE,
            start_time=time(9),
            end_time=time(12),
            location_id=location.id,
        )
        async with world.begin(world.front_desk) as unit:
            for one in (whole, part):
                await unit.availability.add_exception(one, AuditEntry("test.added", one.id))
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            find = unit.availability.exceptions
            assert await find([clinician], date(2026, 3, 3), date(2026, 3, 4)) == [whole]
            assert await find([clinician], date(2026, 3, 4), date(2026, 3, 5)) == [part]
            assert await find([clinician], date(2026, 3, 6), date.max) == []
            assert await find([other], date(2026, 3, 1), date(2026, 3, 9)) == []
            assert not await unit.availability.remove_exception(other, whole.id, AuditEntry("test.removed", whole.id))
            assert await unit.availability.remove_exception(clinician, whole.id, AuditEntry("test.removed", whole.id))
            assert await find([clinician], date(2026, 3, 3), date(2026, 3, 9)) == [part]
            await unit.commit(None)
        written = [one.action for one in await world.audit() if one.target == whole.id]
        assert written == ["test.added", "test.removed"]

    async def test_holidays_are_exceptions_of_all_clinicians(self, world: AppointmentsWorld) -> None:
        grey, green = await world.add_clinician(), await world.add_clinician("Dr. Green")
        holiday = AvailabilityException(
            id=world.ids.new(),
            clinician_id=None,
            date=date(2026, 3, 4),
            available=False,
            time_zone=ZONE,
            name="Founders' day",
        )
        own = evolve(holiday, id=world.ids.new(), clinician_id=grey, name=None)
        async with world.begin(world.front_desk) as unit:
            for one in (holiday, own):
                await unit.availability.add_exception(one, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.front_desk) as unit:
            for clinicians, found in (([grey], [holiday, own]), ([green], [holiday]), ([], [holiday])):
                known = await unit.availability.exceptions(clinicians, holiday.date, holiday.date)
                assert sorted(known, key=lambda one: one.id) == found
            assert await unit.availability.exceptions([grey], holiday.date + timedelta(days=1), date.max) == []
            assert not await unit.availability.remove_exception(grey, holiday.id, AUDIT_ENTRY)
            assert not await unit.availability.remove_exception(None, own.id, AUDIT_ENTRY)
            assert await unit.availability.remove_exception(None, holiday.id, AUDIT_ENTRY)
            assert await unit.availability.exceptions([grey], holiday.date, holiday.date) == [own]
        elsewhere = await world.other_practice()
        async with elsewhere.begin(elsewhere.front_desk) as unit:
            assert await unit.availability.exceptions([grey], holiday.date, holiday.date) == []
