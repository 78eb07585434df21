"""The PostgreSQL adapters fulfill the contracts of files, with encryption and row-level security."""

import pytest_asyncio

from tests.support.accounts.postgres_world import PostgresAccountsWorld
from tests.support.contracts.files.files import DownloadLinksContract, FilesContract, add_file
from tests.support.engine.postgres import PortalDatabase


@pytest_asyncio.fixture
async def world(shared_database: PortalDatabase) -> PostgresAccountsWorld:
    return await PostgresAccountsWorld.create(shared_database)


class TestPostgresFiles(FilesContract):
    async def test_name_key_and_digest_are_sealed(self, world: PostgresAccountsWorld) -> None:
        file = await add_file(world, await world.add_client(), "clean", name="insurance card.jpg")
        query = "SELECT name, content_key, sha256 FROM portal.files WHERE id = %s"
        row = world.database.owner.execute(query, (file.id,)).fetchone()
        assert row is not None
        assert file.content_key is not None
        assert file.sha256 is not None
        for stored in row:
            for secret in (b"insurance", file.content_key.value, file.sha256, file.sha256.hex().encode()):
                assert secret not in bytes(stored)


class TestPostgresDownloadLinks(DownloadLinksContract): ...
