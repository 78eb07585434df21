"""The contract suites of people on PostgreSQL, and what only a database can show."""

import asyncpg
import pytest
import pytest_asyncio
from attrs import define, field
from psycopg.rows import dict_row

from adapters.postgres.practices import PostgresPracticeDirectory, PostgresPracticeFounding
from portal_core.accounts.people import Practice
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.sources import IdSource
from tests.support.clock import FixedClock
from tests.support.contracts.people import ClientRecordsContract, PracticeContract, StaffContract
from tests.support.contracts.people_access import EmailChangesContract, GrantsContract, InvitationsContract
from tests.support.contracts.people_world import BORN, PeopleWorld
from tests.support.postgres import PortalDatabase


@define
class PostgresPeople(PeopleWorld):
    """A practice in a database that other tests use as well."""

    database: PortalDatabase
    clock: FixedClock = field(factory=FixedClock)
    ids: IdSource = field(init=False)
    practice: Practice = field(init=False)
    forbidden = (asyncpg.InsufficientPrivilegeError, StaleVersion)

    @classmethod
    async def open(cls, database: PortalDatabase, clock: FixedClock) -> "PostgresPeople":
        world = cls(database, clock)
        world.ids = database.ids
        world.begin = database.begin_with(clock, world.ids)
        world.founding = PostgresPracticeFounding(database.pool, database.keys, clock, world.ids)
        world.directory = PostgresPracticeDirectory(database.pool, seconds=0.0)
        world.practice = await world.found()
        return world

    async def beside(self) -> "PostgresPeople":
        return await PostgresPeople.open(self.database, self.clock)

    async def audit(self) -> list[Audited]:
        with self.database.owner.cursor(row_factory=dict_row) as cursor:
            cursor.execute(
                "SELECT action, target, record, outcome, facts FROM portal.audit_entries WHERE practice_id = %s"
                " ORDER BY at, id",
                (self.practice_id,),
            )
            return [Audited(**row) for row in cursor.fetchall()]


@pytest_asyncio.fixture
async def world(shared_database: PortalDatabase) -> PostgresPeople:
    return await PostgresPeople.open(shared_database, FixedClock())


class TestPostgresPractice(PracticeContract): ...


class TestPostgresClientRecords(ClientRecordsContract): ...


class TestPostgresStaff(StaffContract): ...


class TestPostgresInvitations(InvitationsContract): ...


class TestPostgresGrants(GrantsContract): ...


class TestPostgresEmailChanges(EmailChangesContract): ...


async def test_an_address_is_sealed_and_goes_with_the_clients_key(world: PostgresPeople) -> None:
    client = await world.add_client(address="1 Elm Street")
    owner = world.database.owner
    sealed = owner.execute("SELECT address FROM portal.clients WHERE id = %s", (client.id,)).fetchone()
    assert sealed is not None
    assert sealed[0]
    assert b"Elm" not in sealed[0]
    owner.execute("DELETE FROM portal.client_keys WHERE client_id = %s", (client.id,))
    world.database.keys.forget(client.id)
    async with world.begin(world.system) as unit:
        found = await unit.client_records.get(client.id)
    assert found is not None
    assert (found.address, found.born) == (None, BORN)


async def test_a_practice_is_made_whole_or_not_at_all(world: PostgresPeople) -> None:
    owner = world.database.owner

    def rows() -> list[object]:
        return [
            owner.execute(f"SELECT count(*) FROM portal.{table}").fetchone()
            for table in ("practices", "practice_keys", "practice_hosts", "audit_entries")
        ]

    host = f"{world.ids.new().hex}.example"
    await world.found(hosts=(host,))
    before = rows()
    with pytest.raises(Exception, match="host"):
        await world.found(hosts=(f"a{host}", host))
    assert rows() == before


async def test_the_directory_is_asked_twice_a_minute(shared_database: PortalDatabase, world: PostgresPeople) -> None:
    kept = PostgresPracticeDirectory(shared_database.pool)
    before = await kept.all()
    await world.found()
    assert await kept.all() == before
    assert len(await world.directory.all()) == len(before) + 1
