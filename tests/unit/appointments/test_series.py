"""Weekly series: all dates or none, right over the change of clocks, single dates and the end."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal_core.appointments.errors import NotBookable, SeriesEnded
from portal_core.appointments.use_cases.book_series import BookSeriesCommand
from portal_core.appointments.use_cases.cancel_for_clients import CancelForClientsCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeriesCommand
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.move_for_clients import MoveForClientsCommand
from portal_core.appointments.views import AppointmentFilter, AppointmentView
from portal_core.appointments.views_practice import SeriesView
from portal_core.kernel.actor import ClientActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from tests.support.contracts.appointments.world import ZONE, new_york
from tests.unit.appointments.conftest import Scene

TUESDAY = datetime(2026, 3, 3, 10)  # noqa: DTZ001


def weeks(scene: Scene, count: int | None = 4, **more: object) -> BookSeriesCommand:
    values = {
        "clinician_id": scene.grey,
        "kind_id": scene.kind.id,
        "client_ids": [scene.ann.client_id],
        "first_start": TUESDAY,
        "count": count,
        **more,
    }
    return BookSeriesCommand(**values)  # type: ignore[arg-type]


async def book(scene: Scene, count: int | None = 4, **more: object) -> SeriesView:
    return await scene.desk.book_series(scene.world.desk, weeks(scene, count, **more))


async def mine(scene: Scene, actor: ClientActor) -> list[AppointmentView]:
    query = ListMyAppointmentsQuery(AppointmentFilter("all"))
    return list((await scene.desk.list_mine(actor, query)).items)


class TestBooking:
    async def test_the_same_time_on_the_wall_every_week(self, scene: Scene) -> None:
        """The clocks go forward on 8 March: ten o'clock is an hour earlier in UTC from then on."""
        view = await book(scene)
        starts = [one.starts_at for one in await mine(scene, scene.ann)]
        assert starts == [new_york(day, 10) for day in (3, 10, 17, 24)]
        assert [one.hour for one in starts] == [15, 14, 14, 14]
        assert (view.status, view.weeks, view.zone, view.first_start) == ("active", 4, ZONE, TUESDAY)
        assert view.appointments == tuple(one.id for one in await mine(scene, scene.ann))
        assert await scene.desk.show_series(scene.world.desk, view.id) == view

    async def test_until_a_date_without_holidays(self, scene: Scene) -> None:
        view = await book(scene, None, until=date(2026, 3, 24), skip_dates=frozenset({date(2026, 3, 17)}))
        assert [one.starts_at for one in await mine(scene, scene.ann)] == [new_york(day, 10) for day in (3, 10, 24)]
        assert view.weeks == 4

    async def test_each_is_told_once_and_each_date_is_audited(self, scene: Scene) -> None:
        kind = await scene.world.add_kind(seats=2)
        clients = [scene.ann.client_id, scene.bob.client_id, scene.ann.client_id]
        await book(scene, kind_id=kind.id, client_ids=clients)
        told = [(one.kind, one.to_client, one.to_account) for one in await scene.world.notices()]
        assert told == [
            ("appointment_booked", scene.ann.client_id, None),
            ("appointment_booked", scene.bob.client_id, None),
            ("appointment_booked", None, scene.account),
        ]
        booked = [one.record for one in await scene.world.audit() if one.action == "appointment.booked"]
        assert booked == [scene.ann.client_id, scene.bob.client_id] * 4

    async def test_dates_that_are_not_to_be_had_refuse_the_whole_and_are_named(self, scene: Scene) -> None:
        await scene.world.add_booking(scene.grey, scene.kind, new_york(10, 10), scene.bob.client_id)
        green = await scene.world.add_clinician("Dr. Green")
        await scene.world.add_booking(green, scene.kind, new_york(17, 10, 30), scene.ann.client_id)
        with pytest.raises(Invalid) as caught:
            await book(scene)
        assert [(one.path, one.code) for one in caught.value.fields] == [
            ("dates.2026-03-10", "slot_taken"),
            ("dates.2026-03-17", "own_overlap"),
        ]
        assert len(await mine(scene, scene.ann)) == 1
        assert not scene.world.store.table("appointment_series")
        view = await book(scene, skip_conflicts=True)
        assert view.refused == (new_york(10, 10), new_york(17, 10))
        assert len(view.appointments) == 2

    async def test_a_series_of_which_nothing_is_left_is_none(self, scene: Scene) -> None:
        saturday = datetime(2026, 3, 7, 10)  # noqa: DTZ001
        with pytest.raises(Invalid) as caught:
            await book(scene, 2, first_start=saturday, skip_conflicts=True)
        assert {one.code for one in caught.value.fields} == {"outside_availability"}
        assert len((await book(scene, 2, first_start=saturday, outside_hours=True)).appointments) == 2

    async def test_what_makes_no_sense(self, scene: Scene) -> None:
        wrong: tuple[dict[str, object], ...] = (
            {"client_ids": []},
            {"first_start": datetime(2026, 3, 3, 10, tzinfo=UTC)},
            {"client_ids": [scene.ann.client_id, scene.bob.client_id]},
            {"count": 0},
            {"count": 261},
            {"count": None},
            {"until": date(2026, 4, 1)},
        )
        for more in wrong:
            with pytest.raises(Invalid):
                await scene.desk.book_series(scene.world.desk, weeks(scene, **{"count": 4, **more}))  # type: ignore[arg-type]
        with pytest.raises(NotBookable):
            await book(scene, kind_id=scene.world.ids.new())
        with pytest.raises(NotFound):
            await book(scene, client_ids=[scene.world.ids.new()])

    async def test_who_may(self, scene: Scene) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        colleague = scene.world.as_staff("clinician", clinician_id=green)
        for actor in (scene.ann, colleague):
            with pytest.raises(NotFound):
                await scene.desk.book_series(actor, weeks(scene))
        with pytest.raises(Forbidden):
            await scene.desk.book_series(scene.world.as_staff("biller"), weeks(scene))
        own = scene.world.as_staff("clinician", clinician_id=scene.grey)
        view = await scene.desk.book_series(own, weeks(scene))
        for actor in (scene.ann, colleague):
            with pytest.raises(NotFound):
                await scene.desk.show_series(actor, view.id)
            with pytest.raises(NotFound):
                await scene.desk.cancel_series(actor, CancelSeriesCommand(series_id=view.id))
        with pytest.raises(NotFound):
            await scene.desk.show_series(own, scene.world.ids.new())
        with pytest.raises(NotFound):
            await scene.desk.cancel_series(own, CancelSeriesCommand(series_id=scene.world.ids.new()))


class TestEnding:
    async def test_what_is_ahead_is_cancelled_what_has_begun_stays(self, scene: Scene) -> None:
        view = await book(scene)
        scene.world.clock.at = new_york(10, 10)
        ended = await scene.desk.cancel_series(
            scene.world.desk, CancelSeriesCommand(series_id=view.id, reason="We move", version=1)
        )
        assert (ended.status, ended.version, ended.appointments) == ("ended", 2, view.appointments)
        seen = await mine(scene, scene.ann)
        assert [one.status for one in seen] == ["booked", "booked", "cancelled", "cancelled"]
        assert {one.cancel_reason for one in seen[2:]} == {"We move"}
        assert len(await scene.world.jobs("offer_freed_slot")) == 2
        told = [(one.to_client, one.about) for one in await scene.world.notices() if "cancelled" in one.kind]
        assert told == [(scene.ann.client_id, view.appointments[2]), (None, view.appointments[2])]
        with pytest.raises(SeriesEnded):
            await scene.desk.cancel_series(scene.world.desk, CancelSeriesCommand(series_id=view.id))

    async def test_single_dates_that_were_moved_or_cancelled(self, scene: Scene) -> None:
        green = await scene.world.add_clinician("Dr. Green")
        await scene.world.open_week(green)
        view = await book(scene)
        await scene.desk.cancel_for(scene.world.desk, CancelForClientsCommand(appointment_id=view.appointments[1]))
        choice = scene.world.choice(green, scene.kind, new_york(18, 12))
        moved = MoveForClientsCommand(appointment_id=view.appointments[2], choice=choice)
        await scene.desk.move_for(scene.world.desk, moved)
        assert (await scene.desk.show_series(scene.world.desk, view.id)).appointments == view.appointments
        jobs = len(await scene.world.jobs("offer_freed_slot"))
        command = CancelSeriesCommand(series_id=view.id, offer_again=False)
        await scene.desk.cancel_series(scene.world.desk, command)
        assert {one.status for one in await mine(scene, scene.ann)} == {"cancelled"}
        assert not scene.world.store.table("calendar")
        assert len(await scene.world.jobs("offer_freed_slot")) == jobs

    async def test_each_client_is_told_of_the_first_that_they_would_have_come_to(self, scene: Scene) -> None:
        kind = await scene.world.add_kind(seats=2)
        view = await book(scene, 2, kind_id=kind.id, client_ids=[scene.ann.client_id, scene.bob.client_id])
        booking = scene.world.store.table("appointments")[scene.world.practice_id, view.appointments[0]]
        async with scene.world.begin(scene.world.desk) as unit:
            whole = await unit.appointments.whole(booking.id)
            await unit.appointments.save(whole.leave(scene.bob.client_id, at=scene.world.clock.now(), reason=None))
            await unit.commit(None)
        await scene.desk.cancel_series(scene.world.desk, CancelSeriesCommand(series_id=view.id))
        told = {one.to_client: one.about for one in await scene.world.notices() if "cancelled" in one.kind}
        assert told[scene.ann.client_id] == view.appointments[0]
        assert told[scene.bob.client_id] == view.appointments[1]

    async def test_with_nothing_ahead_it_just_ends(self, scene: Scene) -> None:
        view = await book(scene, 1)
        scene.world.clock.advance(timedelta(days=7))
        told = len(await scene.world.notices())
        with pytest.raises(StaleVersion):
            await scene.desk.cancel_series(scene.world.desk, CancelSeriesCommand(series_id=view.id, version=2))
        await scene.desk.cancel_series(scene.world.desk, CancelSeriesCommand(series_id=view.id))
        assert [one.status for one in await mine(scene, scene.ann)] == ["booked"]
        assert len(await scene.world.notices()) == told
