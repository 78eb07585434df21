"""What every keeper of appointments must do with what the practice offers, and with what screens show."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.appointments.availability import AvailabilityException, AvailabilityRule
from portal_core.appointments.deadlines import CalendarDays
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.settings import AppointmentRules, Kind
from portal_core.appointments.timing import KindTiming
from portal_core.appointments.views import AppointmentFilter, AppointmentRow, Scope
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import Invalid
from portal_core.kernel.money import Money
from portal_core.kernel.page import PageRequest
from portal_core.kernel.uow import Begin
from tests.support.contracts.appointments_world import AUDITED, ZONE, AppointmentsWorld, new_york

MINUTES = st.integers(1, 24 * 60).map(lambda n: timedelta(minutes=n))
TIMES = st.integers(0, 24 * 60 - 1).map(lambda n: time(n // 60, n % 60))
DATES = st.dates(date(2020, 1, 1), date(2040, 1, 1))
ZONES = st.sampled_from(["America/New_York", "Europe/Berlin", "Pacific/Chatham", "UTC"])
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=30)
FEES = st.builds(Money, st.integers(1, 100_000_00), st.sampled_from(["USD", "EUR", "JPY"]))
NOTICES = st.one_of(st.integers(0, 1000).map(lambda n: timedelta(hours=n)), st.integers(1, 366).map(CalendarDays))
RULES = st.builds(
    AppointmentRules,
    zone=ZONES,
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

    async def test_until_saved_the_rules_are_the_defaults_in_the_practices_zone(self, world: AppointmentsWorld) -> None:
        async with world.begin(world.desk) as unit:
            assert (await unit.directory.for_practice()).rules == AppointmentRules(zone=ZONE)

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
        first, second = data.draw(kinds), data.draw(kinds)
        for kind in (first, second):
            async with world.begin(world.desk) as unit:
                await unit.setup.save_kind(kind, AUDITED)
                await unit.commit(None)
            async with world.begin(world.desk) as unit:
                assert (await unit.directory.for_practice()).kinds[kind_id] == kind

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

        def rule(weekday: int, day: time, zone: str, more: int) -> AvailabilityRule:
            return AvailabilityRule(
                id=world.ids.new(),
                clinician_id=clinician,
                weekday=weekday,
                starts=min(day, time(23)),
                ends=time(23, 30) if more & 1 else time(0),
                zone=zone,
                place_id=place.id if more & 2 else None,
                kind_ids=[kind.id] if more & 4 else [],
                valid_from=date(2026, 1, 1),
                valid_until=date(2027, 1, 1) if more & 8 else None,
            )

        rules = st.lists(st.builds(rule, st.integers(0, 6), TIMES, ZONES, st.integers(0, 15)), max_size=4)
        for published in (data.draw(rules), data.draw(rules)):
            async with world.begin(world.desk) as unit:
                await unit.calendar.lock([clinician], world.clock.now())
                await unit.availability.publish(clinician, published, AUDITED)
                await unit.commit(None)
            async with world.begin(world.desk) as unit:
                found = await unit.availability.rules([clinician])
                assert sorted(found, key=lambda one: one.id) == sorted(published, key=lambda one: one.id)
                assert len(await unit.availability.rules([clinician, other])) == len(published) + 5

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
            zone="Europe/Berlin",
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


class ReadsContract:
    """`AppointmentReads`."""

    async def test_a_row_says_all(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        clinician, place = await world.add_clinician("Dr. Grey"), await world.add_place("Main office")
        kind = await world.add_kind("Couple", seats=2)
        rules = AppointmentRules(zone=ZONE, late_cancel="fee", late_fee=Money(50_00))
        await world.save_rules(rules)
        booking = await world.add_booking(clinician, kind, new_york(3, 10), ann, bob, place_id=place.id)
        now = world.clock.now() + timedelta(minutes=1)
        async with world.begin(world.as_client(ann)) as unit:
            own = await unit.appointments.get(ann, booking.appointment.id)
            assert own is not None
            await unit.appointments.save(own.leave(ann, at=now, reason="Ill", late=True, fee=Money(50_00)), AUDITED)
            await unit.commit(None)
        common = {
            "id": booking.appointment.id,
            "starts_at": new_york(3, 10),
            "ends_at": new_york(3, 10, 50),
            "zone": ZONE,
            "clinician_id": clinician,
            "clinician_name": "Dr. Grey",
            "kind_id": kind.id,
            "kind_name": "Couple",
            "place_id": place.id,
            "place_name": "Main office",
            "place_address": "1 Elm Street",
            "shared": True,
            "rules": rules,
        }
        async with world.begin(world.as_client(ann)) as unit:
            assert await unit.appointment_reads.for_client(ann, booking.appointment.id) == AppointmentRow(
                client_id=ann,
                status="cancelled",
                sequence=1,
                changed_at=now,
                cancelled_at=now,
                late=True,
                reason="Ill",
                fee_due=Money(50_00),
                **common,  # type: ignore[arg-type]
            )
            assert await unit.appointment_reads.for_client(bob, booking.appointment.id) is None
        async with world.begin(world.as_client(bob)) as unit:
            assert await unit.appointment_reads.for_client(bob, booking.appointment.id) == AppointmentRow(
                client_id=bob,
                status="booked",
                sequence=0,
                changed_at=world.clock.now(),
                cancelled_at=None,
                late=False,
                reason=None,
                fee_due=None,
                **common,  # type: ignore[arg-type]
            )

    @pytest.mark.parametrize(
        ("scope", "expected"),
        [
            ("upcoming", ["now", "soon", "later"]),
            ("past", ["missed", "yesterday"]),
            ("cancelled", ["off", "was off"]),
            ("all", ["was off", "yesterday", "missed", "now", "soon", "off", "later"]),
        ],
    )
    async def test_scopes(self, world: AppointmentsWorld, scope: Scope, expected: list[str]) -> None:
        client, clinician, kind = await world.add_client(), await world.add_clinician(), await world.add_kind()
        world.clock.at = new_york(3, 8)
        times = {
            "was off": new_york(2, 9),
            "yesterday": new_york(2, 10),
            "missed": new_york(3, 9),
            "now": new_york(3, 10),
            "soon": new_york(3, 11),
            "off": new_york(3, 12),
            "later": new_york(9, 9),
        }
        made = {name: await world.add_booking(clinician, kind, at, client) for name, at in times.items()}
        async with world.begin(world.desk) as unit:
            for name in ("was off", "off"):
                leave = made[name].leave(client, at=new_york(1, 9), reason=None)
                await unit.appointments.save(leave, AUDITED)
            await unit.appointments.save(made["missed"].no_show(client, at=new_york(3, 9, 30)), AUDITED)
            await unit.appointments.save(made["now"].complete(at=new_york(3, 10)), AUDITED)
            await unit.commit(None)
        world.clock.at = new_york(3, 10)
        names = {booking.appointment.id: name for name, booking in made.items()}
        async with world.begin(world.as_client(client)) as unit:
            page = await unit.appointment_reads.list_for_client(
                client, AppointmentFilter(scope), PageRequest(), world.clock.now()
            )
            states = {names[row.id]: row.status for row in page.items}
            assert [names[row.id] for row in page.items] == expected
            assert page.next == ""
            at_the_end = await unit.appointment_reads.list_for_client(
                client, AppointmentFilter("past"), PageRequest(size=1), made["now"].appointment.ends_at
            )
            assert names[at_the_end.items[0].id] == "now", "over at its end, and not before"
        known = {"missed": "no_show", "now": "completed", "off": "cancelled", "was off": "cancelled"}
        assert states == {name: known.get(name, "booked") for name in expected}

    @given(data=st.data())
    async def test_pages_are_the_whole_in_order(self, world: AppointmentsWorld, data: st.DataObject) -> None:
        # The same instants many times over, as of different clinicians: only the id tells them apart.
        hours = data.draw(st.lists(st.integers(0, 4), max_size=9))
        scope: Scope = data.draw(st.sampled_from(["upcoming", "past", "all"]))
        size = data.draw(st.integers(1, 4))
        bounds = sorted(data.draw(st.tuples(st.integers(0, 5), st.integers(0, 5))))
        client, kind = await world.add_client(), await world.add_kind()
        made = []
        for hour in hours:
            clinician = await world.add_clinician()
            made.append((await world.add_booking(clinician, kind, new_york(3, 9 + hour), client)).appointment)
        since, until = (new_york(3, 9 + bound) for bound in bounds)
        now = new_york(20, 0) if scope == "past" else new_york(1, 0)
        which = AppointmentFilter(scope, since, until)
        wanted = [one for one in made if since <= one.starts_at < until]
        wanted.sort(key=lambda one: (one.starts_at, one.id), reverse=scope == "past")
        found = await _walk(world.begin, world, client, which, size, now)
        assert found == [one.id for one in wanted]

    async def test_a_cursor_of_somebody_elses_making_is_refused(self, world: AppointmentsWorld) -> None:
        client = await world.add_client()
        for after in ("x", "é", "////", "MjAyNi0wMy0wMw", "a" * 500):
            async with world.begin(world.as_client(client)) as unit:
                with pytest.raises(Invalid):
                    await unit.appointment_reads.list_for_client(
                        client, AppointmentFilter(), PageRequest(after), world.clock.now()
                    )

    async def test_nobody_elses_are_listed(self, world: AppointmentsWorld) -> None:
        ann, bob, clinician = await world.add_client(), await world.add_client(), await world.add_clinician()
        kind, now = await world.add_kind(), world.clock.now()
        await world.add_booking(clinician, kind, new_york(3, 10), bob)
        async with world.begin(world.as_client(ann)) as unit:
            for one in (ann, bob):
                page = await unit.appointment_reads.list_for_client(one, AppointmentFilter("all"), PageRequest(), now)
                assert page.items == ()

    async def test_a_day_of_the_practice(self, world: AppointmentsWorld) -> None:
        ann = await world.add_client(given="Ann")
        bob = await world.add_client(given="Robert", chosen="Bobbie", pronouns="they/them")
        grey, green, place = await world.add_clinician("Dr. Grey"), await world.add_clinician(), await world.add_place()
        kind = await world.add_kind("Couple", seats=2)
        couple = await world.add_booking(grey, kind, new_york(3, 10), ann, bob, place_id=place.id)
        early = await world.add_booking(green, kind, new_york(3, 0), ann)
        await world.add_booking(grey, kind, new_york(4, 0), ann)
        async with world.begin(world.desk) as unit:
            gone = couple.leave(ann, at=world.clock.now(), reason="Ill")
            await unit.appointments.save(gone, AUDITED)
            await unit.commit(None)
        async with world.begin(world.desk) as unit:
            day = await unit.appointment_reads.day(new_york(3, 0), new_york(4, 0), None)
            of_grey = await unit.appointment_reads.day(new_york(3, 0), new_york(4, 0), grey)
            one = await unit.appointment_reads.one_for_practice(couple.appointment.id)
            assert await unit.appointment_reads.one_for_practice(world.ids.new()) is None
        assert [view.id for view in day] == [early.appointment.id, couple.appointment.id]
        assert of_grey == (one,)
        assert one is not None
        assert (one.clinician_name, one.kind_name, one.place_name) == ("Dr. Grey", "Couple", "Main office")
        assert (one.status, one.version, one.telehealth, one.place_id) == ("booked", 2, False, place.id)
        parts = {
            part.client_id: (part.client_name, part.client_pronouns, part.status, part.reason)
            for part in one.attendances
        }
        assert parts == {
            ann: ("Ann Lee", "", "cancelled", "Ill"),
            bob: ("Bobbie Lee", "they/them", "attending", None),
        }

    async def test_another_practice_has_no_such_day(self, world: AppointmentsWorld) -> None:
        client, clinician, kind = await world.add_client(), await world.add_clinician(), await world.add_kind()
        booking = await world.add_booking(clinician, kind, new_york(3, 10), client)
        other = await world.beside()
        async with other.begin(other.desk) as unit:
            assert await unit.appointment_reads.day(new_york(3, 0), new_york(4, 0), None) == ()
            assert await unit.appointment_reads.one_for_practice(booking.appointment.id) is None


async def _walk(
    begin: Begin[AppointmentUnit],
    world: AppointmentsWorld,
    client: UUID,
    which: AppointmentFilter,
    size: int,
    now: datetime,
) -> list[UUID]:
    """The ids on all pages, one after the other."""
    found: list[UUID] = []
    after = ""
    while True:
        async with begin(world.as_client(client)) as unit:
            page = await unit.appointment_reads.list_for_client(client, which, PageRequest(after, size), now)
        assert len(page.items) <= size
        found += [row.id for row in page.items]
        if not page.next:
            return found
        assert len(page.items) == size
        after = page.next
