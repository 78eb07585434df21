"""A migrated database with one practice or more, for tests on PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from attrs import define, field

from adapters.encryption.cipher import Cipher
from adapters.encryption.master_key import MasterKey
from adapters.postgres.engine.base_unit import PostgresBegin
from adapters.postgres.engine.keys import RecordKeys
from adapters.postgres.engine.migrate import migrate
from adapters.postgres.engine.pool import open_pool
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from portal_core.kernel.sources import Clock, IdSource
from tests.support.clock import FixedClock
from tests.support.engine.clusters import Cluster

FIRST_DAY = date(2026, 3, 2)
APP = "portal_app"
WORKER = "portal_worker"


@define
class CountingMasterKey(MasterKey):
    """A master key that counts how often it is asked."""

    __test__ = False
    calls: int = 0
    _cipher: Cipher = field(factory=lambda: Cipher(bytes(range(32))))

    @property
    def name(self) -> str:
        return "test"

    async def wrap(self, key: bytes, context: str) -> bytes:
        return self._cipher.seal(key, context)

    async def unwrap(self, wrapped: bytes, context: str) -> bytes:
        self.calls += 1
        return self._cipher.open(wrapped, context)


@define
class RandomIds(IdSource):
    """Ids that no two tests share."""

    def new(self) -> UUID:
        return uuid4()


@asynccontextmanager
async def open_database(
    cluster: Cluster, name: str, *, min_size: int = 1, max_size: int = 10
) -> AsyncIterator["PortalDatabase"]:
    """The database `name` of a cluster, with so many connections of the application role."""
    pool = await open_pool(cluster.dsn(APP, name), min_size=min_size, max_size=max_size)
    with psycopg.connect(cluster.dsn(database=name), autocommit=True) as owner:
        yield PortalDatabase(owner, cluster.dsn(APP, name), cluster.dsn(WORKER, name), pool)
    await pool.close()


def migrate_template(dsn: str) -> None:
    """Builds a template database, with partitions for the audit entries of 2026 that the test clock asks for."""
    migrate(dsn, FIRST_DAY)
    with psycopg.connect(dsn, autocommit=True) as owner:
        for year in (2025, 2026, 2027):
            for month in range(1, 13):
                owner.execute("SELECT portal.create_audit_partition(%s)", (date(year, month, 1),))


@define
class PortalDatabase:
    """One test's database. `owner` sees past row-level security; `pool` is the application's."""

    owner: psycopg.Connection[Any]
    app_dsn: str
    worker_dsn: str
    pool: Any
    clock: FixedClock = field(factory=FixedClock)
    ids: IdSource = field(factory=RandomIds)
    master: CountingMasterKey = field(factory=CountingMasterKey)
    keys: RecordKeys = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.keys = RecordKeys(self.master, self.clock)

    @property
    def begin(self) -> PostgresBegin:
        """Opens the whole unit of work."""
        return self.begin_with(self.clock, self.ids)

    def begin_with(self, clock: Clock, ids: IdSource) -> PostgresBegin:
        return PostgresBegin(self.pool, self.keys, clock, ids, PostgresUnitOfWork)

    async def practice(self, *, time_zone: str = "America/New_York", name: str = "Elm Street") -> UUID:
        """A new practice with its key."""
        practice_id = uuid4()
        wrapped, master = await self.keys.make_practice_key(practice_id)
        now = datetime(2026, 1, 1, tzinfo=UTC)
        self.owner.execute(
            "INSERT INTO portal.practices (id, slug, name, time_zone, state, hosts, created_at, version)"
            " VALUES (%s, %s, %s, %s, 'NY', '{}', %s, 1)",
            (practice_id, f"p{practice_id.hex}", name, time_zone, now),
        )
        self.owner.execute(
            "INSERT INTO portal.practice_keys (practice_id, wrapped, master_key, made_at) VALUES (%s, %s, %s, %s)",
            (practice_id, wrapped, master, now),
        )
        return practice_id

    async def client(
        self,
        practice_id: UUID,
        *,
        email: str | None = None,
        date_of_birth: date = date(1990, 5, 17),
        given: str = "Ada",
        family: str = "Client",
    ) -> UUID:
        """A new client with their key."""
        client_id = uuid4()
        await self.keys.practice(self.pool, practice_id)
        wrapped = self.keys.cached_practice(practice_id).seal(bytes(range(32)), f"client_keys.wrapped/{client_id}")
        now = datetime(2026, 1, 1, tzinfo=UTC)
        self.owner.execute(
            "INSERT INTO portal.clients (practice_id, id, given_name, family_name, sort_name, date_of_birth, email,"
            " email_key,"
            " status, created_at, version) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'active', %s, 1)",
            (
                practice_id,
                client_id,
                given,
                family,
                f"{family} {given}".casefold(),
                date_of_birth,
                email,
                email.casefold() if email else None,
                now,
            ),
        )
        self.owner.execute(
            "INSERT INTO portal.client_keys (practice_id, client_id, wrapped, made_at) VALUES (%s, %s, %s, %s)",
            (practice_id, client_id, wrapped, now),
        )
        return client_id

    async def clinician(self, practice_id: UUID, *, name: str = "Dr. Rivera", time_zone: str | None = None) -> UUID:
        """A new clinician."""
        clinician_id = uuid4()
        self.owner.execute(
            "INSERT INTO portal.clinicians (practice_id, id, name, credentials, time_zone, room_link, active, version)"
            " VALUES (%s, %s, %s, 'PhD', %s, 'https://rooms.example/rivera', true, 1)",
            (practice_id, clinician_id, name, time_zone),
        )
        return clinician_id

    async def assign(self, practice_id: UUID, client_id: UUID, clinician_id: UUID) -> None:
        """Put a clinician on a client's care team."""
        self.owner.execute(
            "INSERT INTO portal.care_team (practice_id, client_id, clinician_id) VALUES (%s, %s, %s)",
            (practice_id, client_id, clinician_id),
        )
