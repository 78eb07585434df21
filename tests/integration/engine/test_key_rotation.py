"""Master key rotation while a portal runs: every practice's key is rewrapped, and nothing is lost."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID

from attrs import define, field

from adapters.encryption.master_key import MasterKey
from adapters.local.key_file import KeyFile
from adapters.postgres.engine.base_unit import PostgresBegin
from adapters.postgres.engine.key_rotation import KeyRotation
from adapters.postgres.engine.keys import RecordKeys
from adapters.postgres.people.tables import clients
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from portal_core.kernel.actor import SystemActor
from tests.support.engine.postgres import PortalDatabase


async def test_rotation_rewraps_every_practices_key(database: PortalDatabase, tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    database.keys = RecordKeys(file, database.clock)
    practices = [await database.practice() for _ in range(3)]
    client = await database.client(practices[0])
    async with database.begin(SystemActor(practices[0], "test")) as unit:
        sealed = await unit.tx.seal(client, clients.c.address, client, "words")
    operator = KeyFile(file.path)
    operator.rotate()
    rotation = KeyRotation(database.pool, operator)
    assert await rotation() == 3
    assert await rotation() == 0
    names = database.owner.execute("SELECT DISTINCT master_key FROM portal.practice_keys").fetchall()
    assert names == [(operator.name,)]
    # A process with cold caches and the key file from before the rotation.
    fresh = PostgresBegin(
        database.pool, RecordKeys(file, database.clock), database.clock, database.ids, PostgresUnitOfWork
    )
    async with fresh(SystemActor(practices[0], "test")) as unit:
        assert await unit.tx.unseal(client, clients.c.address, client, sealed) == "words"


@define
class _SlowMasterKey(MasterKey):
    """Wraps only when as many rotations as there are want to, so that each has read what the other replaces."""

    master: KeyFile
    together: asyncio.Barrier = field(factory=lambda: asyncio.Barrier(2))
    waited: int = 0

    @property
    def name(self) -> str:
        return self.master.name

    async def wrap(self, key: bytes, context: str) -> bytes:
        if self.waited < 2:
            self.waited += 1
            await self.together.wait()
        return await self.master.wrap(key, context)

    async def unwrap(self, wrapped: bytes, context: str) -> bytes:
        return await self.master.unwrap(wrapped, context)


async def test_two_rotations_at_once_lose_no_key(database: PortalDatabase, tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    database.keys = RecordKeys(file, database.clock)
    practices = [await database.practice() for _ in range(3)]
    clients_of = {practice: await database.client(practice) for practice in practices}
    sealed = dict[UUID, bytes | None]()
    for practice, client in clients_of.items():
        async with database.begin(SystemActor(practice, "test")) as unit:
            sealed[practice] = await unit.tx.seal(client, clients.c.address, client, "words")
    before = database.owner.execute("SELECT wrapped FROM portal.practice_keys ORDER BY wrapped").fetchall()
    operator = KeyFile(file.path)
    operator.rotate()
    slow = _SlowMasterKey(operator)
    done = await asyncio.gather(KeyRotation(database.pool, slow)(), KeyRotation(database.pool, slow)())
    assert sum(done) == 3, "each key is replaced once"
    former = database.owner.execute("SELECT wrapped FROM portal.former_practice_keys ORDER BY wrapped").fetchall()
    assert former == before
    fresh = PostgresBegin(
        database.pool, RecordKeys(KeyFile(file.path), database.clock), database.clock, database.ids, PostgresUnitOfWork
    )
    for practice, client in clients_of.items():
        async with fresh(SystemActor(practice, "test")) as unit:
            assert await unit.tx.unseal(client, clients.c.address, client, sealed[practice]) == "words"


def test_master_keys_rotated_at_once_are_all_kept(tmp_path: Path) -> None:
    file, count = KeyFile(tmp_path / "keys.json"), 8
    start = Barrier(count)

    def rotate(_: int) -> str:
        own = KeyFile(file.path)
        start.wait()
        return own.rotate()

    with ThreadPoolExecutor(count) as threads:
        names = sorted(threads.map(rotate, range(count)))
    assert names == [f"key-{number}" for number in range(2, count + 2)]
    assert KeyFile(file.path).name == f"key-{count + 1}"


async def test_worker_with_the_older_key_keeps_the_newer_one(database: PortalDatabase, tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    database.keys = RecordKeys(file, database.clock)
    await database.practice()
    operator = KeyFile(file.path)
    operator.rotate()
    assert await KeyRotation(database.pool, operator)() == 1
    wrapped = database.owner.execute("SELECT wrapped, master_key FROM portal.practice_keys").fetchall()
    assert await KeyRotation(database.pool, file)() == 0
    assert database.owner.execute("SELECT wrapped, master_key FROM portal.practice_keys").fetchall() == wrapped
