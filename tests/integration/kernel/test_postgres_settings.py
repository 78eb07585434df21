"""The contract suite of settings on PostgreSQL, and what only several connections can show."""

import asyncio
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from portal_core.kernel.actor import ClientActor
from portal_core.kernel.errors import StaleVersion
from tests.support.accounts.postgres_world import PostgresAccountsWorld
from tests.support.contracts.kernel.settings import ENTRY, Kind, SettingsStoreContract, each_kind
from tests.support.engine.postgres import PortalDatabase


@pytest_asyncio.fixture
async def world(shared_database: PortalDatabase) -> PostgresAccountsWorld:
    return await PostgresAccountsWorld.create(shared_database)


class TestPostgresSettings(SettingsStoreContract): ...


@each_kind
async def test_concurrent_changes_of_one_version_have_one_winner(world: PostgresAccountsWorld, kind: Kind) -> None:
    async def save(version: int | None) -> Any:
        async with world.begin(world.system) as unit:
            return await unit.commit(await kind.of(unit).save(kind.one, version, ENTRY))

    for version in (0, 1):
        results = await asyncio.gather(*(save(version) for _ in range(4)), return_exceptions=True)
        assert sum(isinstance(one, StaleVersion) for one in results) == 3
        assert version + 1 in results
    assert sorted(await asyncio.gather(*(save(None) for _ in range(4)))) == [3, 4, 5, 6]


@each_kind
async def test_portal_users_and_visitors_cannot_write(world: PostgresAccountsWorld, kind: Kind) -> None:
    client = ClientActor(world.practice_id, world.ids.new(), world.ids.new())
    for actor in (client, world.visitor):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with world.begin(actor) as unit:
                await kind.of(unit).save(kind.one, None, ENTRY)
