"""Statements per request: one for the data and a fixed few around it, regardless of how many rows there are."""

from collections.abc import AsyncIterator, Awaitable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest_asyncio
from attrs import define, field

from adapters.postgres.engine.pool import open_pool
from portal_core.appointments.appointment_request import PreferredTime
from portal_core.appointments.check_in import CheckIn
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.cancel_appointment_for_clients import CancelAppointmentForClientsCommand
from portal_core.appointments.use_cases.find_slots import FindSlotsQuery
from portal_core.appointments.use_cases.get_schedule import GetScheduleQuery
from portal_core.appointments.use_cases.join_waitlist import JoinWaitlistCommand
from portal_core.appointments.use_cases.list_client_appointments import ListClientAppointmentsQuery
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.appointments.use_cases.list_practice_appointment_requests import ListPracticeAppointmentRequestsQuery
from portal_core.appointments.use_cases.list_practice_waitlist import ListPracticeWaitlistQuery
from portal_core.appointments.use_cases.request_appointment import RequestAppointmentCommand
from portal_core.kernel.actor import ClientActor
from tests.support.appointments.postgres_world import PostgresAppointmentsWorld
from tests.support.appointments.use_cases import AppointmentUseCases
from tests.support.contracts.appointments.world import AUDIT_ENTRY, new_york
from tests.support.engine.clusters import Cluster
from tests.support.engine.postgres import APP, WORKER, PortalDatabase


@define
class StatementCounter:
    """A world on one connection that records the statements sent over it."""

    world: PostgresAppointmentsWorld
    sent: list[str] = field(factory=list)

    def note(self, query: Any) -> None:
        self.sent.append(query.query)

    async def statements(self, operation: Awaitable[object], *, cold: Iterable[UUID] = ()) -> list[str]:
        """The statements sent during the operation, with these clients' keys removed from the process's cache."""
        for client_id in cold:
            self.world.database.keys.forget(client_id)
        self.sent.clear()
        await operation
        return list(self.sent)


@pytest_asyncio.fixture
async def statement_counter(cluster: Cluster, database_name: str) -> AsyncIterator[StatementCounter]:
    dsn = cluster.dsn(APP, database_name)
    pool = await open_pool(dsn, min_size=1, max_size=1)
    with psycopg.connect(cluster.dsn(database=database_name), autocommit=True) as owner:
        database = PortalDatabase(owner, dsn, cluster.dsn(WORKER, database_name), pool)
        one = StatementCounter(await PostgresAppointmentsWorld.create(database))
        async with pool.acquire() as connection:
            # The pool has only this connection; the logger stays attached to it.
            connection._con.add_query_logger(one.note)
        yield one
    await pool.close()


async def _booked(world: PostgresAppointmentsWorld, count: int) -> tuple[UUID, ClientActor]:
    clinician, appointment_type, client = (
        await world.add_clinician(),
        await world.add_appointment_type(),
        await world.add_client(),
    )
    await world.open_week(clinician)
    await world.join_care_team(client, clinician)
    for number in range(count):
        await world.add_booking(clinician, appointment_type, new_york(9 + number % 5, 9 + number // 5), client)
    return clinician, world.as_client(client)


async def test_list_takes_one_statement_with_its_audit_entry(statement_counter: StatementCounter) -> None:
    for count in (1, 20):
        _, actor = await _booked(statement_counter.world, count)
        [sent] = await statement_counter.statements(
            AppointmentUseCases(statement_counter.world).list_mine(actor, ListMyAppointmentsQuery())
        )
        assert "INSERT INTO portal.audit_entries" in sent
        assert "FROM portal.attendances" in sent


async def test_search_for_free_times_takes_two_statements(statement_counter: StatementCounter) -> None:
    for count in (1, 1, 20):
        _, actor = await _booked(statement_counter.world, count)
        appointment_type = await statement_counter.world.add_appointment_type()
        days = new_york(9, 9).date(), new_york(20, 9).date()
        query = FindSlotsQuery(appointment_type_id=appointment_type.id, first_day=days[0], last_day=days[1])
        sent = await statement_counter.statements(AppointmentUseCases(statement_counter.world).find_slots(actor, query))
    # The driver asks the database about types once per connection.
    assert [one.split()[0] for one in sent] == ["WITH", "WITH"]


async def test_schedule_takes_a_fixed_number_of_statements(statement_counter: StatementCounter) -> None:
    """Begin, options, what is in the calendar, audit, commit."""
    use_cases, lengths = AppointmentUseCases(statement_counter.world), []
    query = GetScheduleQuery(first_day=new_york(9, 9).date(), last_day=new_york(15, 9).date())
    # The driver asks the database about types once per connection.
    for count in (1, 1, 20):
        await _booked(statement_counter.world, count)
        sent = await statement_counter.statements(use_cases.get_schedule(statement_counter.world.front_desk, query))
        lengths.append([one.split()[0].strip(";") for one in sent])
    assert lengths[1] == lengths[2] == ["BEGIN", "SELECT", "SELECT", "INSERT", "COMMIT"]


async def test_booking_takes_seven_statements(statement_counter: StatementCounter) -> None:
    """Begin, options, lock, what is looked at under it, the calendar's entry, all else that is written, commit."""
    for count in (0, 0, 20):
        clinician, actor = await _booked(statement_counter.world, count)
        appointment_type = await statement_counter.world.add_appointment_type()
        command = BookAppointmentCommand(
            choice=statement_counter.world.choice(clinician, appointment_type, new_york(3, 9))
        )
        sent = await statement_counter.statements(AppointmentUseCases(statement_counter.world).book(actor, command))
    assert [one.split()[0].strip(";") for one in sent] == [
        "BEGIN",
        "SELECT",
        "WITH",
        "SELECT",
        "INSERT",
        "WITH",
        "COMMIT",
    ]


async def test_client_appointments_take_a_fixed_number_of_statements(
    statement_counter: StatementCounter,
) -> None:
    use_cases, lengths = AppointmentUseCases(statement_counter.world), []
    for count in (1, 1, 20):
        _, actor = await _booked(statement_counter.world, count)
        operation = use_cases.list_client_appointments(
            statement_counter.world.front_desk, ListClientAppointmentsQuery(actor.client_id)
        )
        sent = await statement_counter.statements(operation)
        lengths.append([one.split()[0].strip(";") for one in sent])
    assert lengths[1] == lengths[2] == ["BEGIN", "SELECT", "SELECT", "INSERT", "COMMIT"]


async def test_waitlist_page_takes_a_fixed_number_of_statements(
    statement_counter: StatementCounter,
) -> None:
    world, lengths = statement_counter.world, []
    appointment_type, clinician = await world.add_appointment_type(), await world.add_clinician()
    for count in (1, 1, 18):
        for _ in range(count):
            client = world.as_client(await world.add_client())
            await world.join_care_team(client.client_id, clinician)
            preferences = JoinWaitlistCommand(
                appointment_type_id=appointment_type.id, earliest_date=date(2026, 3, 9), latest_date=date(2026, 3, 13)
            )
            await AppointmentUseCases(world).join_waitlist(client, preferences)
        sent = await statement_counter.statements(
            AppointmentUseCases(world).list_practice_waitlist(world.front_desk, ListPracticeWaitlistQuery())
        )
        lengths.append([one.split()[0].strip(";") for one in sent])
    assert lengths[1] == lengths[2] == ["BEGIN", "SELECT", "INSERT", "COMMIT"]


MANY = 20


async def test_schedule_loads_all_client_keys_at_once(statement_counter: StatementCounter) -> None:
    world, use_cases = statement_counter.world, AppointmentUseCases(statement_counter.world)
    clinician, appointment_type = await world.add_clinician(), await world.add_appointment_type(minutes=15)
    clients, sent = list[UUID](), list[list[str]]()
    for number in range(MANY):
        clients.append(await world.add_client())
        booking = await world.add_booking(
            clinician, appointment_type, new_york(9, 9 + number // 4, 15 * (number % 4)), clients[-1]
        )
        command = CancelAppointmentForClientsCommand(
            appointment_id=booking.appointment.id, reason="Snow", offer_to_waitlist=False
        )
        await use_cases.cancel_for(world.front_desk, command)
        if number in (0, MANY - 1):
            query = GetScheduleQuery(first_day=new_york(9, 9).date(), last_day=new_york(9, 9).date())
            for cold in (clients, clients, ()):
                sent.append(
                    await statement_counter.statements(use_cases.get_schedule(world.front_desk, query), cold=cold)
                )
    _, one, warm, _, many, still_warm = sent
    assert len(many) == len(one) == len(warm) + 1 == len(still_warm) + 1
    assert sum("portal.client_keys.wrapped" in each for each in many) == 1
    for client in clients[: MANY // 2]:
        await world.destroy_key(client)
    # Destroyed keys are not cached, so they are looked up each time, also all at once.
    assert len(
        await statement_counter.statements(use_cases.get_schedule(world.front_desk, query), cold=clients)
    ) == len(one)


async def test_request_page_loads_all_client_keys_at_once(
    statement_counter: StatementCounter,
) -> None:
    world, use_cases = statement_counter.world, AppointmentUseCases(statement_counter.world)
    appointment_type = await world.add_appointment_type()
    preferred = (PreferredTime(starts_at=new_york(9, 9), ends_at=new_york(9, 17)),)
    clients, lengths = list[UUID](), list[int]()
    for number in range(MANY):
        clients.append(await world.add_client())
        command = RequestAppointmentCommand(
            appointment_type_id=appointment_type.id, preferred=preferred, reason="Sleep"
        )
        await use_cases.request_appointment(world.as_client(clients[-1]), command)
        if number in (0, MANY - 1):
            query = ListPracticeAppointmentRequestsQuery()
            for _ in ("with the driver's own questions", "without"):
                sent = await statement_counter.statements(
                    use_cases.list_practice_appointment_requests(world.front_desk, query), cold=clients
                )
            lengths.append(len(sent))
    assert lengths[0] == lengths[1]
    assert sum("portal.client_keys.wrapped" in each for each in sent) == 1


async def test_group_appointment_loads_all_client_keys_at_once(statement_counter: StatementCounter) -> None:
    world, use_cases = statement_counter.world, AppointmentUseCases(statement_counter.world)
    clinician, appointment_type = await world.add_clinician(), await world.add_appointment_type(seats=MANY)
    clients = [await world.add_client() for _ in range(MANY)]
    booking = await world.add_booking(clinician, appointment_type, new_york(9, 9), *clients)
    for client in clients:
        check_in = CheckIn(
            id=world.ids.new(),
            practice_id=world.practice_id,
            appointment_id=booking.appointment.id,
            client_id=client,
            client_location="12 Elm Street",
            callback="+1 518 555 0100",
            joined_at=world.clock.now(),
        )
        async with world.begin(world.as_client(client)) as unit:
            await unit.check_ins.add(check_in, AUDIT_ENTRY)
            await unit.commit(None)
    command = CancelAppointmentForClientsCommand(
        appointment_id=booking.appointment.id, reason="Snow", offer_to_waitlist=False
    )
    await use_cases.cancel_for(world.front_desk, command)
    listed = use_cases.list_check_ins(world.front_desk, booking.appointment.id)

    async def get_for_practice() -> None:
        async with world.begin(world.front_desk) as unit:
            found = await unit.appointments.get_for_practice(booking.appointment.id)
            assert found is not None
            assert {one.reason for one in found.attendances} == {"Snow"}

    for operation in (listed, get_for_practice()):
        sent = await statement_counter.statements(operation, cold=clients)
        assert sum("portal.client_keys.wrapped" in each for each in sent) == 1
