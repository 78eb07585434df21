"""A clinician's appointments are given to a colleague in one step."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
import pytest_asyncio
from attrs import define, evolve

from portal_core.appointments.errors import NotBookable
from portal_core.appointments.model import Booking
from portal_core.appointments.practice_views import AttendingClientView
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.book_appointment_for_clients import BookAppointmentForClientsCommand
from portal_core.appointments.use_cases.book_series import BookSeriesCommand
from portal_core.appointments.use_cases.extend_series import ExtendSeriesCommand
from portal_core.appointments.use_cases.reassign_appointments import ReassignAppointments, ReassignAppointmentsCommand
from portal_core.appointments.use_cases.reschedule_appointment_for_clients import RescheduleAppointmentForClientsCommand
from portal_core.kernel.actor import ClientActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound
from portal_core.kernel.uow import Begin
from portal_core.people.details import ClinicianDetails
from portal_core.people.use_cases.change_clinician import ChangeClinician, ChangeClinicianCommand
from portal_core.people.use_cases.get_client import GetClient
from tests.support.contracts.appointments.world import ids_of, new_york
from tests.support.contracts.people.erasing import erase_record
from tests.unit.appointments.conftest import BookingScenario
from tests.unit.appointments.practice_setup import grey


def reassign(scenario: BookingScenario) -> ReassignAppointments:
    return ReassignAppointments(scenario.world.begin, scenario.world.clock)


def who(clients: Iterable[AttendingClientView]) -> tuple[UUID, ...]:
    return tuple(one.client_id for one in clients)


@define
class Colleagues:
    """Dr. Green takes over from Dr. Grey; both are available from 9:00 to 17:00."""

    scenario: BookingScenario
    green: UUID
    green_account_id: UUID

    @property
    def command(self) -> ReassignAppointmentsCommand:
        return ReassignAppointmentsCommand(from_clinician_id=self.scenario.grey, to_clinician_id=self.green)

    async def book(self, at: datetime, *clients: str, clinician_id: UUID | None = None) -> Booking:
        client_ids = (getattr(self.scenario, one).client_id for one in clients or ("ann",))
        clinician_id = clinician_id or self.scenario.grey
        return await self.scenario.world.add_booking(clinician_id, self.scenario.appointment_type, at, *client_ids)

    async def now(self, booking: Booking) -> Booking:
        async with self.scenario.world.begin(self.scenario.world.front_desk) as unit:
            found = await unit.appointments.get_for_practice(booking.appointment.id)
        assert found is not None
        return found


@pytest_asyncio.fixture
async def colleagues(scenario: BookingScenario) -> Colleagues:
    green = await scenario.world.add_clinician("Dr. Green")
    await scenario.world.open_week(green)
    return Colleagues(scenario, green, await scenario.world.add_clinician_account(green))


async def test_appointments_to_come_move_to_the_colleague(colleagues: Colleagues) -> None:
    scenario = colleagues.scenario
    past, later, sooner = [await colleagues.book(at) for at in (new_york(2, 9), new_york(5, 9), new_york(4, 9))]
    shared = await colleagues.book(new_york(6, 9), "ann", "bob")
    view = await reassign(scenario)(scenario.world.front_desk, colleagues.command)
    assert (ids_of(view.moved), view.refused) == (tuple(one.appointment.id for one in (sooner, later, shared)), ())
    for one in (sooner, later, shared):
        saved = await colleagues.now(one)
        expected = evolve(
            one.appointment, clinician_id=colleagues.green, sequence=1, version=2, changed_at=scenario.world.clock.now()
        )
        assert saved.appointment == expected
        assert all(part.fee_due is None for part in saved.attendances)
    assert await colleagues.now(past) == past
    async with scenario.world.begin(scenario.world.front_desk) as unit:
        now, span = scenario.world.clock.now(), (new_york(1, 0), new_york(30, 0))
        assert [one.starts_at for one in await unit.calendar.busy([scenario.grey], *span, now)] == [new_york(2, 9)]
        assert len(await unit.calendar.busy([colleagues.green], *span, now)) == 3
    told = [one.to_client or one.to_account for one in await scenario.world.notices()]
    ann, bob = sorted([scenario.ann.client_id, scenario.bob.client_id])
    audited = [one for one in await scenario.world.audit() if one.action == "appointment.moved_in_bulk"]
    assert [(one.target, one.record) for one in audited] == [
        (sooner.appointment.id, scenario.ann.client_id),
        (later.appointment.id, scenario.ann.client_id),
        (shared.appointment.id, ann),
        (shared.appointment.id, bob),
    ], "one for each client concerned"
    assert told[:2] == [ann, bob]
    assert set(told[2:]) == {scenario.grey_account_id, colleagues.green_account_id}
    again = await reassign(scenario)(scenario.world.front_desk, colleagues.command)
    assert (again.moved, again.refused) == ((), ())
    assert len(await scenario.world.notices()) == 4


async def test_colleague_who_is_not_free_refuses(colleagues: Colleagues) -> None:
    scenario, world = colleagues.scenario, colleagues.scenario.world
    taken, close, blocked, early, free = [await colleagues.book(new_york(4, hour)) for hour in (9, 11, 13, 7, 15)]
    await colleagues.book(new_york(4, 9, 30), "bob", clinician_id=colleagues.green)
    await world.occupy(world.calendar_entry(colleagues.green, new_york(4, 12), 30, buffer_before=timedelta(minutes=5)))
    await world.occupy(world.calendar_entry(colleagues.green, new_york(4, 13, 30), 60, purpose="block"))
    view = await reassign(scenario)(world.front_desk, colleagues.command)
    assert ids_of(view.moved) == (free.appointment.id,)
    assert [(one.appointment.id, one.code) for one in view.refused] == [
        (early.appointment.id, "outside_availability"),
        (taken.appointment.id, "slot_taken"),
        (close.appointment.id, "slot_taken"),
        (blocked.appointment.id, "slot_taken"),
    ]
    for one in (early, taken, close, blocked):
        assert await colleagues.now(one) == one
    view = await reassign(scenario)(world.front_desk, evolve(colleagues.command, outside_hours=True))
    assert (ids_of(view.moved), len(view.refused)) == ((early.appointment.id,), 3)


async def test_dates_and_ids_limit_what_moves(colleagues: Colleagues) -> None:
    scenario = colleagues.scenario
    first, second, third = [await colleagues.book(new_york(day, 9)) for day in (4, 5, 6)]
    others = await colleagues.book(new_york(10, 9), clinician_id=colleagues.green)
    between = evolve(colleagues.command, since=new_york(5, 9), until=new_york(6, 9))
    view = await reassign(scenario)(scenario.world.front_desk, between)
    assert ids_of(view.moved) == (second.appointment.id,)
    chosen = evolve(colleagues.command, appointment_ids=[third.appointment.id, others.appointment.id])
    view = await reassign(scenario)(scenario.world.front_desk, chosen)
    assert ids_of(view.moved) == (third.appointment.id,)
    assert await colleagues.now(first) == first
    none = evolve(colleagues.command, appointment_ids=())
    assert (await reassign(scenario)(scenario.world.front_desk, none)).moved == ()


async def test_series_follows_when_nothing_of_it_is_left(colleagues: Colleagues) -> None:
    scenario, front = colleagues.scenario, colleagues.scenario.world.front_desk
    series = [
        await scenario.use_cases.book_series(
            front,
            BookSeriesCommand(
                clinician_id=scenario.grey,
                appointment_type_id=scenario.appointment_type.id,
                client_ids=(client.client_id,),
                first_start=datetime(2026, 3, 4, hour),  # noqa: DTZ001
                count=3,
            ),
        )
        for client, hour in ((scenario.ann, 10), (scenario.bob, 14))
    ]
    await colleagues.book(new_york(11, 14), clinician_id=colleagues.green)
    view = await reassign(scenario)(front, colleagues.command)
    assert (len(view.moved), len(view.refused)) == (5, 1)
    whole, part = [await scenario.use_cases.get_series(front, one.id) for one in series]
    assert (whole.clinician_id, part.clinician_id) == (colleagues.green, scenario.grey)
    move = RescheduleAppointmentForClientsCommand(
        appointment_id=view.refused[0].appointment.id,
        choice=scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(11, 16)),
    )
    await scenario.use_cases.reschedule_for(front, move)
    await reassign(scenario)(front, colleagues.command)
    assert (await scenario.use_cases.get_series(front, part.id)).clinician_id == colleagues.green


async def test_colleague_must_work_here(colleagues: Colleagues) -> None:
    scenario, front = colleagues.scenario, colleagues.scenario.world.front_desk
    left = await scenario.world.add_clinician("Dr. Brown", active=False)
    with pytest.raises(NotBookable):
        await reassign(scenario)(front, evolve(colleagues.command, to_clinician_id=left))
    for wrong in ("to_clinician_id", "from_clinician_id"):
        with pytest.raises(NotFound):
            await reassign(scenario)(front, evolve(colleagues.command, **{wrong: scenario.world.ids.new()}))
    with pytest.raises(Invalid):
        evolve(colleagues.command, to_clinician_id=scenario.grey)


async def test_clinicians_do_not_give_their_appointments_away(colleagues: Colleagues) -> None:
    scenario = colleagues.scenario
    for actor, refusal in (
        (grey(scenario), NotFound),
        (scenario.ann, NotFound),
        (scenario.world.as_staff("biller"), Forbidden),
    ):
        with pytest.raises(refusal):
            await reassign(scenario)(actor, colleagues.command)


async def test_series_of_another_clinician_stays_theirs(colleagues: Colleagues) -> None:
    scenario = colleagues.scenario
    series = await scenario.use_cases.book_series(
        scenario.world.front_desk,
        BookSeriesCommand(
            clinician_id=colleagues.green,
            appointment_type_id=scenario.appointment_type.id,
            client_ids=[scenario.ann.client_id],
            first_start=datetime(2026, 3, 3, 10),  # noqa: DTZ001
            count=1,
        ),
    )
    lent = RescheduleAppointmentForClientsCommand(
        appointment_id=series.appointments[0].id,
        choice=scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(3, 10)),
    )
    await scenario.use_cases.reschedule_for(scenario.world.front_desk, lent)
    view = await reassign(scenario)(scenario.world.front_desk, colleagues.command)
    assert ids_of(view.moved) == ids_of(series.appointments)
    assert (await scenario.use_cases.get_series(scenario.world.front_desk, series.id)).version == series.version


async def team(scenario: BookingScenario, client: ClientActor) -> set[UUID]:
    view = await GetClient(cast(Begin[Any], scenario.world.begin), scenario.world.clock)(
        scenario.world.front_desk, client.client_id
    )
    return set(view.care_team)


async def leave(scenario: BookingScenario) -> None:
    change = ChangeClinician(cast(Begin[Any], scenario.world.begin), scenario.world.clock)
    command = ChangeClinicianCommand(scenario.grey, ClinicianDetails("Dr. Grey", active=False), 1)
    await change(scenario.world.as_staff("administrator"), command)


async def test_colleague_joins_the_care_teams_at_once(colleagues: Colleagues) -> None:
    scenario, front = colleagues.scenario, colleagues.scenario.world.front_desk
    grey, green = scenario.grey, colleagues.green
    await colleagues.book(new_york(4, 9))
    view = await reassign(scenario)(front, colleagues.command)
    assert (who(view.joined_care_teams), who(view.left_care_teams)) == ((scenario.ann.client_id,), ())
    assert (await team(scenario, scenario.ann), await team(scenario, scenario.bob)) == ({grey, green}, {grey})
    audited = [one for one in await scenario.world.audit() if one.action == "care_team.assigned"]
    assert [(one.record, one.facts) for one in audited] == [(scenario.ann.client_id, {"clinicians": "2"})]
    again = await reassign(scenario)(front, colleagues.command)
    assert (who(again.joined_care_teams), who(again.left_care_teams)) == ((), ())


async def test_clinician_who_left_is_taken_from_the_care_teams(colleagues: Colleagues) -> None:
    scenario, front = colleagues.scenario, colleagues.scenario.world.front_desk
    ann, bob = scenario.ann.client_id, scenario.bob.client_id
    booked = await colleagues.book(new_york(4, 9))
    await leave(scenario)
    view = await reassign(scenario)(front, evolve(colleagues.command, appointment_ids=[booked.appointment.id]))
    assert (who(view.joined_care_teams), who(view.left_care_teams)) == ((ann,), (ann,))
    assert who(view.clients_without_clinician) == (bob,)
    assert (await team(scenario, scenario.ann), await team(scenario, scenario.bob)) == (
        {colleagues.green},
        {scenario.grey},
    )


async def test_repeating_it_takes_out_a_clinician_who_left_since(colleagues: Colleagues) -> None:
    scenario, front = colleagues.scenario, colleagues.scenario.world.front_desk
    await colleagues.book(new_york(4, 9))
    await reassign(scenario)(front, colleagues.command)
    await leave(scenario)
    part = await reassign(scenario)(front, evolve(colleagues.command, since=new_york(1, 0)))
    assert part.left_care_teams == ()
    view = await reassign(scenario)(front, colleagues.command)
    assert (view.moved, who(view.left_care_teams)) == ((), (scenario.ann.client_id,))
    assert await team(scenario, scenario.ann) == {colleagues.green}


async def test_care_team_of_an_erased_record_stays(colleagues: Colleagues) -> None:
    scenario, world = colleagues.scenario, colleagues.scenario.world
    await colleagues.book(new_york(4, 9))
    await erase_record(world.begin, world.practice_id, scenario.ann.client_id, world.clock, world.ids)
    view = await reassign(scenario)(world.front_desk, colleagues.command)
    assert (len(view.moved), view.joined_care_teams) == (1, ())


async def test_series_of_a_clinician_who_left_follows_and_can_be_extended(colleagues: Colleagues) -> None:
    scenario, front = colleagues.scenario, colleagues.scenario.world.front_desk
    past, busy, other = [
        await scenario.use_cases.book_series(
            front,
            BookSeriesCommand(
                clinician_id=scenario.grey,
                appointment_type_id=scenario.appointment_type.id,
                client_ids=(scenario.ann.client_id,),
                first_start=datetime(2026, 3, 4, hour),  # noqa: DTZ001
                count=count,
            ),
        )
        for hour, count in ((10, 1), (12, 3), (14, 3))
    ]
    await colleagues.book(new_york(11, 12), "bob", clinician_id=colleagues.green)
    scenario.world.clock.at = new_york(5, 9)
    part = evolve(colleagues.command, appointment_ids=ids_of(other.appointments[1:]))
    assert (await reassign(scenario)(front, part)).series == (other.id,), "nothing of it is left"
    await leave(scenario)
    extend = ExtendSeriesCommand(series_id=past.id, count=1)
    with pytest.raises(NotBookable) as refused:
        await scenario.use_cases.extend_series(front, extend)
    assert "reassign the appointments and series" in refused.value.detail
    view = await reassign(scenario)(front, colleagues.command)
    assert len(view.refused) == 1, "the colleague is busy"
    assert view.series == (past.id,), "no date of a series is with one, and its next with another"
    assert (await scenario.use_cases.get_series(front, busy.id)).clinician_id == scenario.grey
    extended = await scenario.use_cases.extend_series(front, extend)
    assert extended.clinician_id == colleagues.green
    assert (await reassign(scenario)(front, colleagues.command)).series == ()


async def test_series_without_dates_to_come_follows_when_everything_moves(colleagues: Colleagues) -> None:
    scenario, front = colleagues.scenario, colleagues.scenario.world.front_desk
    series = await scenario.use_cases.book_series(
        front,
        BookSeriesCommand(
            clinician_id=scenario.grey,
            appointment_type_id=scenario.appointment_type.id,
            client_ids=(scenario.ann.client_id,),
            first_start=datetime(2026, 3, 4, 10),  # noqa: DTZ001
            count=1,
        ),
    )
    scenario.world.clock.at = new_york(5, 9)
    assert (await reassign(scenario)(front, evolve(colleagues.command, since=new_york(1, 0)))).series == ()
    assert (await reassign(scenario)(front, colleagues.command)).series == (series.id,)


@pytest.mark.parametrize("wrong", ["appointment_type_id", "clinician_id", "location_id", "inactive"])
async def test_staff_are_told_why_this_cannot_be_booked_and_clients_to_ask(colleagues: Colleagues, wrong: str) -> None:
    scenario = colleagues.scenario
    choice = scenario.world.choice(scenario.grey, scenario.appointment_type, new_york(4, 9))
    if wrong == "inactive":
        await leave(scenario)
    else:
        choice = evolve(choice, **{wrong: scenario.world.ids.new()})
    command = BookAppointmentForClientsCommand(choice=choice, client_ids=(scenario.ann.client_id,))
    with pytest.raises(NotBookable) as refused:
        await scenario.use_cases.book_for(scenario.world.front_desk, command)
    assert "hoose another" in refused.value.detail
    with pytest.raises(NotBookable) as asked:
        await scenario.use_cases.book(scenario.ann, BookAppointmentCommand(choice=choice))
    assert asked.value.detail == "Contact the practice for an appointment."


async def test_colleague_without_an_account_is_not_notified(colleagues: Colleagues) -> None:
    scenario = colleagues.scenario
    blue = await scenario.world.add_clinician("Dr. Blue")
    await scenario.world.open_week(blue)
    await colleagues.book(new_york(4, 9))
    noticed = len(await scenario.world.notices())
    await reassign(scenario)(scenario.world.front_desk, evolve(colleagues.command, to_clinician_id=blue))
    notices = (await scenario.world.notices())[noticed:]
    assert [(one.to_client, one.to_account) for one in notices] == [
        (scenario.ann.client_id, None),
        (None, scenario.grey_account_id),
    ]
