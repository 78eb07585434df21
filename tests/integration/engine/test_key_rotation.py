"""Master key rotation while a portal runs: every practice's key is rewrapped, and nothing is lost."""

from pathlib import Path

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
