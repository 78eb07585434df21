"""Series are extended and moved."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.appointments.errors import ClientDischarged, NotBookable, SeriesEnded
from portal_core.appointments.model import Booking
from portal_core.appointments.scheduling.wall_clock import first_instant
from portal_core.appointments.series import Series
from portal_core.appointments.series_dates import attempt_each, require_unchanged
from portal_core.appointments.use_cases.cancel_appointment import CancelAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeriesCommand
from portal_core.appointments.use_cases.complete_appointment import CompleteAppointmentCommand
from portal_core.appointments.use_cases.extend_series import ExtendSeriesCommand
from portal_core.appointments.use_cases.move_series import MoveSeriesCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from tests.support.contracts.appointments.world import ZONE, ids_of, new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.series_setup import TUESDAY, appointments_of, book, extend, move, starts_of


class TestExtending:
    async def test_dates_follow_after_the_last_one_in_the_same_interval(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 2, interval_weeks=2)
        last = CancelAppointmentForClientsCommand(appointment_id=view.appointments[1].id)
        await scenario.use_cases.cancel_for(scenario.world.front_desk, last)
        extended = await extend(scenario, view, count=2, version=1)
        assert await starts_of(scenario) == [
            new_york(3, 10),
            new_york(17, 10),
            new_york(31, 10),
            new_york(14, 10, month=4),
        ]
        assert (extended.interval_weeks, extended.count, extended.version) == (2, 4, 2)
        assert ids_of(extended.appointments)[:2] == ids_of(view.appointments)
        assert await scenario.use_cases.get_series(scenario.world.front_desk, view.id) == extended
        again = await extend(scenario, view, until=date(2026, 5, 12), skip_dates=frozenset({date(2026, 4, 28)}))
        assert (again.count, (await starts_of(scenario))[4:]) == (6, [new_york(12, 10, month=5)])

    async def test_one_notice_per_recipient_and_audit_of_the_series(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 2)
        noticed = len(await scenario.world.notices())
        extended = await extend(scenario, view, count=3)
        notices = (await scenario.world.notices())[noticed:]
        assert [(one.kind, one.to_client, one.to_account, one.subject_id) for one in notices] == [
            ("appointments_booked", scenario.ann.client_id, None, extended.appointments[2].id),
            ("appointments_booked", None, scenario.grey_account_id, extended.appointments[2].id),
        ]
        [entry] = [one for one in await scenario.world.audit() if one.action == "series.extended"]
        assert (entry.target, entry.facts) == (view.id, {"booked": "3"})

    async def test_a_notice_for_one_appointment_is_that_of_a_single_one(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.add_clinician_account(green)
        view = await book(scenario, 1)
        await extend(scenario, view, count=1)
        command = MoveSeriesCommand(
            series_id=view.id, clinician_id=green, first_start=TUESDAY + timedelta(days=7), from_date=date(2026, 3, 10)
        )
        await scenario.world.open_week(green)
        await scenario.use_cases.move_series(scenario.world.front_desk, command)
        await scenario.use_cases.cancel(scenario.ann, CancelAppointmentCommand(appointment_id=view.appointments[0].id))
        await scenario.use_cases.cancel_series(scenario.world.front_desk, CancelSeriesCommand(series_id=view.id))
        kinds = [one.kind for one in await scenario.world.notices() if one.to_client is not None]
        assert kinds == [
            "appointment_booked",
            "appointment_booked",
            "appointment_rescheduled",
            "appointment_cancelled",
            "appointment_cancelled",
        ]
        former = [one.kind for one in await scenario.world.notices() if one.to_account == scenario.grey_account_id]
        assert former[:3] == ["appointment_booked", "appointment_booked", "appointment_cancelled"]

    async def test_unavailable_dates_refuse_the_extension_and_are_listed(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 1)
        await scenario.world.add_booking(
            scenario.grey, scenario.appointment_type, new_york(17, 10), scenario.bob.client_id
        )
        with pytest.raises(Invalid) as caught:
            await extend(scenario, view, count=2)
        assert [(one.path, one.code) for one in caught.value.fields] == [("dates.2026-03-17", "slot_taken")]
        assert await scenario.use_cases.get_series(scenario.world.front_desk, view.id) == view
        extended = await extend(scenario, view, count=2, skip_conflicts=True)
        assert (extended.refused, extended.count, len(extended.appointments)) == ((new_york(17, 10),), 3, 2)

    async def test_clients_are_those_who_did_not_cancel_the_last_appointment(self, scenario: BookingScenario) -> None:
        both = [scenario.ann.client_id, scenario.bob.client_id]
        appointment_type = await scenario.world.add_appointment_type(seats=2)
        view = await book(scenario, 2, appointment_type_id=appointment_type.id, client_ids=both)
        leaving = CancelAppointmentCommand(appointment_id=view.appointments[1].id)
        await scenario.use_cases.cancel(scenario.bob, leaving)
        await extend(scenario, view, count=1)
        assert [len(await appointments_of(scenario, one)) for one in (scenario.ann, scenario.bob)] == [3, 2]

    async def test_series_without_any_client_cannot_be_extended(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 1)
        last = CancelAppointmentForClientsCommand(appointment_id=view.appointments[0].id)
        await scenario.use_cases.cancel_for(scenario.world.front_desk, last)
        with pytest.raises(Invalid) as caught:
            await extend(scenario, view, count=1)
        assert [one.code for one in caught.value.fields] == ["no_clients"]

    async def test_invalid_extensions_are_refused(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 2)
        wrong: tuple[dict[str, Any], ...] = ({}, {"count": 0}, {"count": 259}, {"until": date(2026, 3, 16)})
        for more in (*wrong, {"count": 1, "until": date(2026, 4, 1)}, {"until": date(2036, 1, 1)}):
            with pytest.raises(Invalid):
                await extend(scenario, view, **more)
        with pytest.raises(StaleVersion):
            await extend(scenario, view, count=1, version=2)
        with pytest.raises(NotFound):
            await scenario.use_cases.extend_series(
                scenario.world.front_desk, ExtendSeriesCommand(series_id=scenario.world.ids.new(), count=1)
            )
        await scenario.world.set_status(scenario.ann.client_id, "discharged")
        with pytest.raises(ClientDischarged):
            await extend(scenario, view, count=1)
        await scenario.use_cases.cancel_series(scenario.world.front_desk, CancelSeriesCommand(series_id=view.id))
        with pytest.raises(SeriesEnded):
            await extend(scenario, view, count=1)


class TestMoving:
    async def test_future_dates_move_to_another_weekday_and_time(self, scenario: BookingScenario) -> None:
        view = await book(scenario)
        scenario.world.clock.at = new_york(3, 11)
        await scenario.use_cases.complete(
            scenario.world.front_desk, CompleteAppointmentCommand(appointment_id=view.appointments[0].id)
        )
        moved = await move(scenario, view, datetime(2026, 3, 12, 14, 30), version=1)  # noqa: DTZ001
        assert await starts_of(scenario) == [
            new_york(3, 10),
            new_york(12, 14, 30),
            new_york(19, 14, 30),
            new_york(26, 14, 30),
        ]
        assert ids_of(moved.appointments) == ids_of(view.appointments)
        assert (moved.first_start, moved.count, moved.version) == (datetime(2026, 3, 12, 14, 30), 3, 2)  # noqa: DTZ001
        assert await scenario.use_cases.get_series(scenario.world.front_desk, view.id) == moved
        seen = await appointments_of(scenario, scenario.ann)
        assert [(one.version, one.fee_due) for one in seen] == [(1, None)] * 4
        assert len(await scenario.world.jobs("offer_freed_slot")) == 3

    async def test_one_notice_per_recipient_and_audit_per_date(self, scenario: BookingScenario) -> None:
        appointment_type = await scenario.world.add_appointment_type(seats=2)
        both = [scenario.ann.client_id, scenario.bob.client_id]
        view = await book(scenario, 3, appointment_type_id=appointment_type.id, client_ids=both)
        await scenario.use_cases.cancel(scenario.bob, CancelAppointmentCommand(appointment_id=view.appointments[0].id))
        noticed = len(await scenario.world.notices())
        await move(scenario, view, TUESDAY + timedelta(hours=1), offer_to_waitlist=False)
        notices = (await scenario.world.notices())[noticed:]
        assert sorted((one.to_client or one.to_account, one.kind, one.subject_id) for one in notices) == sorted(
            [
                (scenario.ann.client_id, "appointments_rescheduled", view.appointments[0].id),
                (scenario.bob.client_id, "appointments_rescheduled", view.appointments[1].id),
                (scenario.grey_account_id, "appointments_rescheduled", view.appointments[0].id),
            ]
        )
        audit = await scenario.world.audit()
        assert [one.action for one in audit].count("appointment.rescheduled") == 5
        [entry] = [one for one in audit if one.action == "series.moved"]
        assert (entry.target, entry.facts) == (view.id, {"moved": "3"})
        assert await scenario.world.jobs("offer_freed_slot") == []

    async def test_dates_from_a_day_on_move_to_a_colleague_at_a_location(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        account_id = await scenario.world.add_clinician_account(green)
        chicago = await scenario.world.add_location(time_zone="America/Chicago")
        await scenario.world.open_week(green, location_id=chicago.id, time_zone=chicago.time_zone)
        view = await book(scenario)
        noticed = len(await scenario.world.notices())
        command = MoveSeriesCommand(
            series_id=view.id,
            clinician_id=green,
            location_id=chicago.id,
            first_start=datetime(2026, 3, 18, 9),  # noqa: DTZ001
            from_date=date(2026, 3, 11),
        )
        moved = await scenario.use_cases.move_series(scenario.world.front_desk, command)
        assert (moved.clinician_id, moved.location_id, moved.time_zone, moved.count) == (
            green,
            chicago.id,
            "America/Chicago",
            2,
        )
        seen = await appointments_of(scenario, scenario.ann)
        assert [(one.starts_at, one.clinician_id) for one in seen] == [
            (new_york(3, 10), scenario.grey),
            (new_york(10, 10), scenario.grey),
            (new_york(18, 10), green),
            (new_york(25, 10), green),
        ]
        notices = (await scenario.world.notices())[noticed:]
        assert [(one.kind, one.to_client, one.to_account) for one in notices] == [
            ("appointments_rescheduled", scenario.ann.client_id, None),
            ("appointments_rescheduled", None, account_id),
            ("appointments_cancelled", None, scenario.grey_account_id),
        ]
        extended = await extend(scenario, view, count=1, skip_conflicts=True)
        assert (extended.refused, (await starts_of(scenario))[-1]) == ((), new_york(1, 10, month=4))

    @pytest.mark.parametrize("first", [TUESDAY + timedelta(days=7), TUESDAY + timedelta(minutes=30), TUESDAY])
    async def test_dates_may_take_the_times_of_one_another(self, scenario: BookingScenario, first: datetime) -> None:
        view = await book(scenario)
        await move(scenario, view, first)
        assert await starts_of(scenario) == [
            first_instant(first + number * timedelta(days=7), ZONE) for number in range(4)
        ]
        if first != TUESDAY:
            await move(scenario, view, TUESDAY)
            assert await starts_of(scenario) == [new_york(day, 10) for day in (3, 10, 17, 24)]

    async def test_single_dates_that_were_moved_or_cancelled_stay(self, scenario: BookingScenario) -> None:
        view = await book(scenario)
        await scenario.use_cases.cancel_for(
            scenario.world.front_desk, CancelAppointmentForClientsCommand(appointment_id=view.appointments[0].id)
        )
        choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(18, 9))
        single = RescheduleAppointmentForClientsCommand(appointment_id=view.appointments[2].id, choice=choice)
        await scenario.use_cases.reschedule_for(scenario.world.front_desk, single)
        moved = await move(scenario, view, datetime(2026, 3, 11, 12))  # noqa: DTZ001
        assert await starts_of(scenario) == [new_york(3, 10), new_york(11, 12), new_york(18, 9), new_york(25, 12)]
        assert (moved.refused, moved.not_moved, moved.count) == ((), (view.appointments[2].id,), 3)
        await scenario.use_cases.cancel_series(scenario.world.front_desk, CancelSeriesCommand(series_id=view.id))
        assert {one.status for one in await appointments_of(scenario, scenario.ann)} == {"cancelled"}

    async def test_unavailable_dates_refuse_the_move_or_stay(self, scenario: BookingScenario) -> None:
        view = await book(scenario)
        await scenario.world.add_booking(
            scenario.grey, scenario.appointment_type, new_york(12, 10), scenario.bob.client_id
        )
        thursday = datetime(2026, 3, 5, 10)  # noqa: DTZ001
        before = await appointments_of(scenario, scenario.ann)
        with pytest.raises(Invalid) as caught:
            await move(scenario, view, thursday)
        assert [(one.path, one.code) for one in caught.value.fields] == [("dates.2026-03-12", "slot_taken")]
        assert await appointments_of(scenario, scenario.ann) == before
        assert await scenario.use_cases.get_series(scenario.world.front_desk, view.id) == view
        moved = await move(scenario, view, thursday, skip_conflicts=True)
        assert (moved.refused, moved.not_moved) == ((new_york(12, 10),), (view.appointments[1].id,))
        assert await starts_of(scenario) == [new_york(day, 10) for day in (5, 10, 19, 26)]
        # What stayed has no longer the time of the series; what is before `from_date` was not to move.
        friday = datetime(2026, 3, 20, 10)  # noqa: DTZ001
        again = await move(scenario, view, friday, from_date=date(2026, 3, 10), version=moved.version)
        assert (again.refused, again.not_moved) == ((), (view.appointments[1].id,))
        assert await starts_of(scenario) == [new_york(day, 10) for day in (5, 10, 20, 27)]

    async def test_move_to_closed_hours_is_refused(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 2)
        evening = datetime(2026, 3, 3, 19)  # noqa: DTZ001
        with pytest.raises(Invalid) as caught:
            await move(scenario, view, evening, skip_conflicts=True)
        assert {one.code for one in caught.value.fields} == {"outside_availability"}
        await move(scenario, view, evening, outside_hours=True)
        assert await starts_of(scenario) == [new_york(3, 19), new_york(10, 19)]

    async def test_discharged_clients_are_moved(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 2)
        await scenario.world.set_status(scenario.ann.client_id, "discharged")
        await move(scenario, view, TUESDAY + timedelta(hours=2))
        assert await starts_of(scenario) == [new_york(3, 12), new_york(10, 12)]

    async def test_invalid_moves_are_refused(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 2)
        with pytest.raises(Invalid):
            await move(scenario, view, datetime(2026, 3, 3, 10, tzinfo=UTC))
        with pytest.raises(StaleVersion):
            await move(scenario, view, TUESDAY, version=2)
        with pytest.raises(NotBookable):
            await move(scenario, view, TUESDAY, clinician_id=scenario.world.ids.new())
        with pytest.raises(NotBookable):
            await move(scenario, view, TUESDAY, location_id=scenario.world.ids.new())
        for later in ({"from_date": date(2026, 3, 11)}, {"from_date": date.max}):
            with pytest.raises(Invalid) as caught:
                await move(scenario, view, TUESDAY, **later)
            assert [(one.path, one.code) for one in caught.value.fields] == [("from_date", "no_dates_left")]
        with pytest.raises(Invalid):
            await move(scenario, view, datetime.max)  # noqa: DTZ901
        assert await starts_of(scenario) == [new_york(3, 10), new_york(10, 10)]
        await scenario.use_cases.cancel_series(scenario.world.front_desk, CancelSeriesCommand(series_id=view.id))
        with pytest.raises(SeriesEnded):
            await move(scenario, view, TUESDAY)

    async def test_clinicians_move_and_extend_series_in_their_own_calendar_only(
        self, scenario: BookingScenario
    ) -> None:
        view = await book(scenario, 2)
        green = await scenario.world.add_clinician("Dr. Green")
        own = scenario.world.as_staff("clinician", clinician_id=scenario.grey)
        colleague = scenario.world.as_staff("clinician", clinician_id=green)
        to_own = MoveSeriesCommand(series_id=view.id, clinician_id=scenario.grey, first_start=TUESDAY)
        to_green = MoveSeriesCommand(series_id=view.id, clinician_id=green, first_start=TUESDAY)
        more = ExtendSeriesCommand(series_id=view.id, count=1)
        for actor, command in ((scenario.ann, to_own), (colleague, to_own), (colleague, to_green), (own, to_green)):
            with pytest.raises(NotFound):
                await scenario.use_cases.move_series(actor, command)
        for actor in (scenario.ann, colleague):
            with pytest.raises(NotFound):
                await scenario.use_cases.extend_series(actor, more)
        biller = scenario.world.as_staff("biller")
        for operation in (
            scenario.use_cases.move_series(biller, to_own),
            scenario.use_cases.extend_series(biller, more),
        ):
            with pytest.raises(Forbidden):
                await operation
        await scenario.use_cases.move_series(own, to_own)
        await scenario.use_cases.extend_series(own, more)


class TestConcurrentChanges:
    """What a lock that was waited for may bring. In memory no unit waits, so the parts are called by themselves."""

    async def test_series_that_changed_meanwhile_is_stale(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 2)
        async with scenario.world.begin(scenario.world.front_desk) as unit:
            series = await unit.series.get(view.id)
            assert series is not None
            await require_unchanged(unit, series)
            with pytest.raises(StaleVersion):
                await require_unchanged(unit, evolve(series, version=2))

    async def test_appointment_that_changed_meanwhile_stops_the_whole_change(self, scenario: BookingScenario) -> None:
        async def changed() -> Booking:
            raise StaleVersion

        with pytest.raises(StaleVersion):
            await attempt_each([(new_york(3, 10), changed())])

    async def test_client_who_joined_meanwhile_stops_the_move(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 2)
        async with scenario.world.begin(scenario.world.front_desk) as unit:
            series, bookings = await unit.series.get(view.id), await unit.series.bookings(view.id)
        assert series is not None
        waiting: Any = _WaitingUnit([[], bookings], series)
        with pytest.raises(StaleVersion):
            await scenario.use_cases.move_series._lock(waiting, series, [], None, scenario.world.clock.now())


class _WaitingUnit:
    """A unit whose lock was waited for: the appointments differ before and after."""

    def __init__(self, found: list[list[Booking]], series: Series) -> None:
        self._found, self._series = found, series

    @property
    def series(self) -> "_WaitingUnit":
        return self

    @property
    def calendar(self) -> "_WaitingUnit":
        return self

    async def lock(self, *what: object, **more: object) -> None:
        """Nobody else is here."""

    async def get(self, series_id: UUID) -> Series:
        return self._series

    async def bookings(self, series_id: UUID) -> list[Booking]:
        return self._found.pop(0)
