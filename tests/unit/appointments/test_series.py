"""Series: booking all dates or none, across DST changes, single dates and ending."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal_core.appointments.errors import NotBookable, SeriesEnded
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeriesCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from tests.support.contracts.appointments.world import ZONE, ids_of, new_york
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import grey
from tests.unit.appointments.series_setup import TUESDAY, appointments_of, book, series_command, starts_of


class TestBooking:
    async def test_weekly_local_time_across_dst(self, scenario: BookingScenario) -> None:
        """Clocks go forward on 8 March: from then on 10:00 is an hour earlier in UTC."""
        view = await book(scenario)
        starts = [one.starts_at for one in await appointments_of(scenario, scenario.ann)]
        assert starts == [new_york(day, 10) for day in (3, 10, 17, 24)]
        assert [one.hour for one in starts] == [15, 14, 14, 14]
        assert (view.status, view.count, view.time_zone, view.first_start) == ("active", 4, ZONE, TUESDAY)
        assert ids_of(view.appointments) == tuple(one.id for one in await appointments_of(scenario, scenario.ann))
        assert await scenario.use_cases.get_series(scenario.world.front_desk, view.id) == view

    async def test_series_until_a_date_leaves_out_skipped_dates(self, scenario: BookingScenario) -> None:
        view = await book(scenario, None, until=date(2026, 3, 24), skip_dates=frozenset({date(2026, 3, 17)}))
        assert [one.starts_at for one in await appointments_of(scenario, scenario.ann)] == [
            new_york(day, 10) for day in (3, 10, 24)
        ]
        assert view.count == 4

    async def test_one_notice_per_recipient_and_audit_per_date(self, scenario: BookingScenario) -> None:
        appointment_type = await scenario.world.add_appointment_type(seats=2)
        clients = [scenario.ann.client_id, scenario.bob.client_id, scenario.ann.client_id]
        await book(scenario, appointment_type_id=appointment_type.id, client_ids=clients)
        notified = [(one.kind, one.to_client, one.to_account) for one in await scenario.world.notices()]
        assert notified == [
            ("appointments_booked", scenario.ann.client_id, None),
            ("appointments_booked", scenario.bob.client_id, None),
            ("appointments_booked", None, scenario.grey_account_id),
        ]
        booked = [one.record for one in await scenario.world.audit() if one.action == "appointment.booked"]
        assert booked == [scenario.ann.client_id, scenario.bob.client_id] * 4

    async def test_unavailable_dates_refuse_the_series_and_are_listed(self, scenario: BookingScenario) -> None:
        await scenario.world.add_booking(
            scenario.grey, scenario.appointment_type, new_york(10, 10), scenario.bob.client_id
        )
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.add_booking(green, scenario.appointment_type, new_york(17, 10, 30), scenario.ann.client_id)
        with pytest.raises(Invalid) as caught:
            await book(scenario)
        assert [(one.path, one.code) for one in caught.value.fields] == [
            ("dates.2026-03-10", "slot_taken"),
            ("dates.2026-03-17", "overlapping_appointment"),
        ]
        assert len(await appointments_of(scenario, scenario.ann)) == 1
        assert not scenario.world.store.table("appointment_series")
        view = await book(scenario, skip_conflicts=True)
        assert view.refused == (new_york(10, 10), new_york(17, 10))
        assert len(view.appointments) == 2

    async def test_series_without_dates_is_refused(self, scenario: BookingScenario) -> None:
        saturday = datetime(2026, 3, 7, 10)  # noqa: DTZ001
        with pytest.raises(Invalid) as caught:
            await book(scenario, 2, first_start=saturday, skip_conflicts=True)
        assert {one.code for one in caught.value.fields} == {"outside_availability"}
        assert len((await book(scenario, 2, first_start=saturday, outside_hours=True)).appointments) == 2

    async def test_invalid_series_is_refused(self, scenario: BookingScenario) -> None:
        wrong: tuple[dict[str, object], ...] = (
            {"client_ids": []},
            {"first_start": datetime(2026, 3, 3, 10, tzinfo=UTC)},
            {"client_ids": [scenario.ann.client_id, scenario.bob.client_id]},
            {"count": 0},
            {"count": 261},
            {"interval_weeks": 0},
            {"interval_weeks": 13},
            {"interval_weeks": 2, "count": 131},
            {"count": None},
            {"until": date(2026, 4, 1)},
        )
        for more in wrong:
            with pytest.raises(Invalid):
                await scenario.use_cases.book_series(
                    scenario.world.front_desk, series_command(scenario, **{"count": 4, **more})
                )  # type: ignore[arg-type]
        with pytest.raises(NotBookable):
            await book(scenario, appointment_type_id=scenario.world.ids.new())
        with pytest.raises(NotFound):
            await book(scenario, client_ids=[scenario.world.ids.new()])

    async def test_only_own_clinician_and_scheduling_staff_manage_series(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        colleague = scenario.world.as_staff("clinician", clinician_id=green)
        for actor in (scenario.ann, colleague):
            with pytest.raises(NotFound):
                await scenario.use_cases.book_series(actor, series_command(scenario))
        with pytest.raises(Forbidden):
            await scenario.use_cases.book_series(scenario.world.as_staff("biller"), series_command(scenario))
        own = scenario.world.as_staff("clinician", clinician_id=scenario.grey)
        view = await scenario.use_cases.book_series(own, series_command(scenario))
        for actor in (scenario.ann, colleague):
            with pytest.raises(NotFound):
                await scenario.use_cases.get_series(actor, view.id)
            with pytest.raises(NotFound):
                await scenario.use_cases.cancel_series(actor, CancelSeriesCommand(series_id=view.id))
        with pytest.raises(NotFound):
            await scenario.use_cases.get_series(own, scenario.world.ids.new())
        with pytest.raises(NotFound):
            await scenario.use_cases.cancel_series(own, CancelSeriesCommand(series_id=scenario.world.ids.new()))


class TestInterval:
    async def test_biweekly_series_keeps_local_time_across_dst(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 3, interval_weeks=2)
        assert await starts_of(scenario) == [new_york(3, 10), new_york(17, 10), new_york(31, 10)]
        assert (view.interval_weeks, view.count) == (2, 3)

    async def test_last_and_skipped_dates_count_in_the_interval(self, scenario: BookingScenario) -> None:
        skipped = frozenset({date(2026, 3, 10), date(2026, 3, 17)})
        view = await book(scenario, None, until=date(2026, 4, 13), interval_weeks=2, skip_dates=skipped)
        assert await starts_of(scenario) == [new_york(3, 10), new_york(31, 10)]
        assert view.count == 3


class TestEnding:
    async def test_cancelling_series_cancels_future_dates_only(self, scenario: BookingScenario) -> None:
        view = await book(scenario)
        scenario.world.clock.at = new_york(10, 10)
        ended = await scenario.use_cases.cancel_series(
            scenario.world.front_desk, CancelSeriesCommand(series_id=view.id, reason="We move", version=1)
        )
        assert (ended.status, ended.version, ids_of(ended.appointments)) == ("ended", 2, ids_of(view.appointments))
        seen = await appointments_of(scenario, scenario.ann)
        assert [one.status for one in seen] == ["booked", "booked", "cancelled", "cancelled"]
        assert {one.cancel_reason for one in seen[2:]} == {"We move"}
        assert len(await scenario.world.jobs("offer_freed_slot")) == 2
        notified = [
            (one.to_client, one.subject_id) for one in await scenario.world.notices() if "cancelled" in one.kind
        ]
        assert notified == [(scenario.ann.client_id, view.appointments[2].id), (None, view.appointments[2].id)]
        with pytest.raises(SeriesEnded):
            await scenario.use_cases.cancel_series(scenario.world.front_desk, CancelSeriesCommand(series_id=view.id))

    async def test_cancelling_series_cancels_rescheduled_dates(self, scenario: BookingScenario) -> None:
        green = await scenario.world.add_clinician("Dr. Green")
        await scenario.world.open_week(green)
        view = await book(scenario)
        await scenario.use_cases.cancel_for(
            scenario.world.front_desk, CancelAppointmentForClientsCommand(appointment_id=view.appointments[1].id)
        )
        choice = scenario.world.choice(green, scenario.appointment_type, new_york(18, 12))
        moved = RescheduleAppointmentForClientsCommand(appointment_id=view.appointments[2].id, choice=choice)
        await scenario.use_cases.reschedule_for(scenario.world.front_desk, moved)
        read = await scenario.use_cases.get_series(scenario.world.front_desk, view.id)
        assert ids_of(read.appointments) == ids_of(view.appointments)
        assert [one.clinician_name for one in read.appointments] == ["Dr. Grey", "Dr. Grey", "Dr. Green", "Dr. Grey"]
        own = await scenario.use_cases.get_series(grey(scenario), view.id)
        assert own.appointments == tuple(one for one in read.appointments if one.clinician_id == scenario.grey)
        jobs = len(await scenario.world.jobs("offer_freed_slot"))
        command = CancelSeriesCommand(series_id=view.id, offer_to_waitlist=False)
        await scenario.use_cases.cancel_series(scenario.world.front_desk, command)
        assert {one.status for one in await appointments_of(scenario, scenario.ann)} == {"cancelled"}
        assert not scenario.world.store.table("calendar")
        assert len(await scenario.world.jobs("offer_freed_slot")) == jobs

    async def test_each_client_is_notified_of_their_first_cancelled_date(self, scenario: BookingScenario) -> None:
        appointment_type = await scenario.world.add_appointment_type(seats=2)
        view = await book(
            scenario,
            2,
            appointment_type_id=appointment_type.id,
            client_ids=[scenario.ann.client_id, scenario.bob.client_id],
        )
        booking = scenario.world.store.table("appointments")[scenario.world.practice_id, view.appointments[0].id]
        async with scenario.world.begin(scenario.world.front_desk) as unit:
            saved = await unit.appointments.get_for_practice(booking.id)
            await unit.appointments.save(
                saved.leave(scenario.bob.client_id, at=scenario.world.clock.now(), reason=None)
            )
            await unit.commit(None)
        await scenario.use_cases.cancel_series(scenario.world.front_desk, CancelSeriesCommand(series_id=view.id))
        notified = {one.to_client: one.subject_id for one in await scenario.world.notices() if "cancelled" in one.kind}
        assert notified[scenario.ann.client_id] == view.appointments[0].id
        assert notified[scenario.bob.client_id] == view.appointments[1].id

    async def test_series_without_future_dates_can_be_cancelled(self, scenario: BookingScenario) -> None:
        view = await book(scenario, 1)
        scenario.world.clock.advance(timedelta(days=7))
        notices_before = len(await scenario.world.notices())
        with pytest.raises(StaleVersion):
            await scenario.use_cases.cancel_series(
                scenario.world.front_desk, CancelSeriesCommand(series_id=view.id, version=2)
            )
        await scenario.use_cases.cancel_series(scenario.world.front_desk, CancelSeriesCommand(series_id=view.id))
        assert [one.status for one in await appointments_of(scenario, scenario.ann)] == ["booked"]
        assert len(await scenario.world.notices()) == notices_before
