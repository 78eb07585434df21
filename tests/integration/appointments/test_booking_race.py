"""Sixty-four clients book one slot, each on a connection of their own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from portal_core.appointments.errors import SlotTaken
from portal_core.appointments.settings import AppointmentType
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.book_series import BookSeriesCommand
from portal_core.appointments.use_cases.extend_series import ExtendSeriesCommand
from portal_core.appointments.use_cases.hold_slot import HoldSlot, HoldSlotCommand
from portal_core.appointments.use_cases.move_series import MoveSeriesCommand
from portal_core.kernel.errors import Conflict
from tests.support.appointments.postgres_world import PostgresAppointmentsWorld
from tests.support.appointments.use_cases import AppointmentUseCases
from tests.support.contracts.appointments.world import new_york
from tests.support.engine.clusters import Cluster
from tests.support.engine.postgres import open_database

CLIENTS = 64


@pytest_asyncio.fixture
async def world(cluster: Cluster, database_name: str) -> AsyncIterator[PostgresAppointmentsWorld]:
    async with open_database(cluster, database_name, min_size=CLIENTS, max_size=CLIENTS) as database:
        yield await PostgresAppointmentsWorld.create(database)


async def _book_concurrently(world: PostgresAppointmentsWorld) -> tuple[UUID, AppointmentType, list[UUID]]:
    clinician, appointment_type = await world.add_clinician(), await world.add_appointment_type(minutes=50, after=10)
    await world.open_week(clinician)
    clients = [await world.add_client(given=f"Client {number}") for number in range(CLIENTS)]
    for one in clients:
        await world.join_care_team(one, clinician)
    return clinician, appointment_type, clients


async def _outcomes(attempts: Sequence[Awaitable[object]]) -> list[str]:
    """For each operation, `done` or the error code; other exceptions are raised."""

    async def outcome(one: Awaitable[object]) -> str:
        try:
            await one
        except Conflict as refused:
            return refused.code
        return "done"

    return await asyncio.gather(*(outcome(one) for one in attempts))


def _count(world: PostgresAppointmentsWorld, table: str) -> int:
    row = world.database.owner.execute(f"SELECT count(*) FROM portal.{table}").fetchone()
    assert row is not None
    return int(row[0])


def _deadlocks(world: PostgresAppointmentsWorld) -> int:
    world.database.owner.execute("SELECT pg_stat_clear_snapshot()")
    row = world.database.owner.execute(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    assert row is not None
    return int(row[0])


async def test_one_of_sixty_four_concurrent_bookings_succeeds(world: PostgresAppointmentsWorld) -> None:
    clinician, appointment_type, clients = await _book_concurrently(world)
    for day in (3, 4, 5):
        command = BookAppointmentCommand(choice=world.choice(clinician, appointment_type, new_york(day, 9)))
        outcomes = await _outcomes([AppointmentUseCases(world).book(world.as_client(one), command) for one in clients])
        assert (outcomes.count("done"), outcomes.count(SlotTaken.code)) == (1, CLIENTS - 1)
    assert (_count(world, "appointments"), _count(world, "attendances"), _count(world, "calendar")) == (3, 3, 3)
    assert _deadlocks(world) == 0


async def test_one_of_concurrent_holds_and_bookings_succeeds(world: PostgresAppointmentsWorld) -> None:
    clinician, appointment_type, clients = await _book_concurrently(world)
    choice = world.choice(clinician, appointment_type, new_york(3, 9))
    use_cases = AppointmentUseCases(world)
    book, hold = use_cases.book, HoldSlot(world.begin, world.clock, world.ids)
    attempts: list[Awaitable[object]] = [
        hold(world.as_client(one), HoldSlotCommand(choice))
        if number % 2
        else book(world.as_client(one), BookAppointmentCommand(choice=choice))
        for number, one in enumerate(clients)
    ]
    outcomes = await _outcomes(attempts)
    assert (outcomes.count("done"), outcomes.count(SlotTaken.code)) == (1, CLIENTS - 1)
    assert (_count(world, "calendar"), _count(world, "appointments") + _count(world, "holds")) == (1, 1)


async def test_concurrent_neighbours_respect_buffers(world: PostgresAppointmentsWorld) -> None:
    """The constraint covers times without buffers; buffers are checked under the lock."""
    clinician, _, clients = await _book_concurrently(world)
    appointment_type = await world.add_appointment_type(minutes=50, after=10, step=10)
    starts = [new_york(3, 9) + timedelta(minutes=10 * number) for number in range(8)]
    commands = [BookAppointmentCommand(choice=world.choice(clinician, appointment_type, at)) for at in starts]
    outcomes = await _outcomes(
        [
            AppointmentUseCases(world).book(world.as_client(one), commands[number % 8])
            for number, one in enumerate(clients)
        ]
    )
    rows = world.database.owner.execute("SELECT starts_at FROM portal.calendar ORDER BY starts_at").fetchall()
    assert outcomes.count("done") == len(rows) in (1, 2)
    assert outcomes.count("done") + outcomes.count(SlotTaken.code) == CLIENTS
    if len(rows) == 2:
        assert rows[1][0] - rows[0][0] >= timedelta(minutes=60)


async def test_concurrent_changes_of_a_series_happen_one_after_the_other(world: PostgresAppointmentsWorld) -> None:
    clinician, appointment_type, [client, *_] = await _book_concurrently(world)
    use_cases, desk = AppointmentUseCases(world), world.front_desk
    booking = BookSeriesCommand(
        clinician_id=clinician,
        appointment_type_id=appointment_type.id,
        client_ids=[client],
        first_start=datetime(2026, 3, 3, 10),  # noqa: DTZ001
        count=4,
    )
    series = await use_cases.book_series(desk, booking)
    moves = [
        MoveSeriesCommand(series_id=series.id, clinician_id=clinician, first_start=datetime(2026, 3, day, 11))  # noqa: DTZ001
        for day in (3, 4, 5)
    ]
    more = ExtendSeriesCommand(series_id=series.id, count=1)
    attempts: list[Awaitable[object]] = [
        use_cases.extend_series(desk, more) if number % 2 else use_cases.move_series(desk, moves[number % 3])
        for number in range(24)
    ]
    outcomes = await _outcomes(attempts)
    assert set(outcomes) <= {"done", "stale_version"}
    async with world.begin(desk) as unit:
        stored, bookings = await unit.series.get(series.id), await unit.series.bookings(series.id)
    assert stored is not None
    assert outcomes.count("done") == stored.version - 1 >= 1
    assert [one.appointment.starts_at for one in bookings] == stored.starts()
    assert _count(world, "calendar") == len(bookings) == stored.weeks
    assert _deadlocks(world) == 0


async def test_exclusion_constraint_rejects_overlap(world: PostgresAppointmentsWorld) -> None:
    """A writer without lock and check is refused too, with the core's error."""
    clinician = await world.add_clinician()
    await world.occupy(world.calendar_entry(clinician, new_york(3, 9)))
    with pytest.raises(SlotTaken):
        async with world.begin(world.front_desk) as unit:
            await unit.calendar.occupy(world.calendar_entry(clinician, new_york(3, 9, 30)))
    with pytest.raises(asyncpg.ExclusionViolationError):
        await _insert_past_the_adapter(world, clinician)


async def _insert_past_the_adapter(world: PostgresAppointmentsWorld, clinician: UUID) -> None:
    connection = await asyncpg.connect(world.database.app_dsn)
    try:
        await connection.execute(
            f"BEGIN; SET LOCAL portal.practice = '{world.practice_id}'; SET LOCAL portal.scope = 'practice'"
        )
        await connection.execute(
            "INSERT INTO portal.calendar (practice_id, id, clinician_id, starts_at, ends_at, buffer_before_seconds,"
            " buffer_after_seconds, purpose) VALUES ($1, $2, $3, $4, $5, 0, 0, 'appointment')",
            world.practice_id,
            world.ids.new(),
            clinician,
            new_york(3, 9),
            new_york(3, 10),
        )
    finally:
        await connection.close()
