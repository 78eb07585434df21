"""How many statements a request sends: one for the data, and a fixed few around it, however much there is to show."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any
from uuid import UUID

import psycopg
import pytest_asyncio
from attrs import define, field

from adapters.postgres.pool import open_pool
from portal_core.appointments.use_cases.book_appointment import BookAppointmentCommand
from portal_core.appointments.use_cases.list_day import ListDayQuery
from portal_core.appointments.use_cases.list_my_appointments import ListMyAppointmentsQuery
from portal_core.kernel.actor import ClientActor
from tests.support.appointments import Desk
from tests.support.clusters import Cluster
from tests.support.contracts.appointments_world import new_york
from tests.support.postgres import APP, WORKER, PortalDatabase
from tests.support.postgres_appointments import PostgresAppointmentsWorld


@define
class Counted:
    """A world on one connection that writes down what is sent over it."""

    world: PostgresAppointmentsWorld
    sent: list[str] = field(factory=list)

    def note(self, query: Any) -> None:
        self.sent.append(query.query)

    async def statements(self, doing: Awaitable[object]) -> list[str]:
        """What was sent while doing it."""
        self.sent.clear()
        await doing
        return list(self.sent)


@pytest_asyncio.fixture
async def counted(cluster: Cluster, database_name: str) -> AsyncIterator[Counted]:
    dsn = cluster.dsn(APP, database_name)
    pool = await open_pool(dsn, smallest=1, largest=1)
    with psycopg.connect(cluster.dsn(database=database_name), autocommit=True) as owner:
        database = PortalDatabase(owner, dsn, cluster.dsn(WORKER, database_name), pool)
        one = Counted(await PostgresAppointmentsWorld.open(database))
        async with pool.acquire() as connection:
            # The pool has this one connection only; the logger stays with it.
            connection._con.add_query_logger(one.note)
        yield one
    await pool.close()


async def _booked(world: PostgresAppointmentsWorld, count: int) -> tuple[UUID, ClientActor]:
    clinician, kind, client = await world.add_clinician(), await world.add_kind(), await world.add_client()
    await world.open_week(clinician)
    await world.join_care_team(client, clinician)
    for number in range(count):
        await world.add_booking(clinician, kind, new_york(9 + number % 5, 9 + number // 5), client)
    return clinician, world.as_client(client)


async def test_a_list_is_four_statements_however_long(counted: Counted) -> None:
    for count in (1, 20):
        _, actor = await _booked(counted.world, count)
        sent = await counted.statements(Desk(counted.world).list_mine(actor, ListMyAppointmentsQuery()))
        assert [one.split()[0].strip(";") for one in sent] == ["BEGIN", "SELECT", "INSERT", "COMMIT"]
        assert "portal.audit_entries" in sent[2]


async def test_a_day_is_as_many_statements_however_full(counted: Counted) -> None:
    lengths = []
    # The first time the driver asks the database about types, once for a connection.
    for count in (1, 1, 20):
        await _booked(counted.world, count)
        query = ListDayQuery(date=new_york(9, 9).date())
        lengths.append(len(await counted.statements(Desk(counted.world).day(counted.world.desk, query))))
    assert lengths[1] == lengths[2] <= 6


async def test_booking_is_a_fixed_number_of_statements(counted: Counted) -> None:
    lengths = []
    for count in (0, 0, 20):
        clinician, actor = await _booked(counted.world, count)
        kind = await counted.world.add_kind()
        command = BookAppointmentCommand(choice=counted.world.choice(clinician, kind, new_york(3, 9)))
        lengths.append(len(await counted.statements(Desk(counted.world).book(actor, command))))
    assert lengths[1] == lengths[2] <= 15
