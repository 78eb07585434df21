"""The whole portal, on each cluster."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from adapters.postgres.pool import open_pool
from tests.support import clusters
from tests.support.portal import RunningPortal, running
from tests.support.postgres import APP, WORKER, PortalDatabase, migrated
from tests.support.scene import Scene, set_scene


@pytest_asyncio.fixture
async def portal(database: PortalDatabase, tmp_path: Path) -> AsyncIterator[RunningPortal]:
    """A portal with no practice yet."""
    async with running(database, tmp_path) as one:
        yield one


@pytest_asyncio.fixture(scope="session")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """One practice with one of everything, for tests that take back what they changed; on the embedded cluster only,
    since input is judged long before a database is asked."""
    cluster = clusters.running("embedded")
    name = clusters.fresh_database(cluster, clusters.template_database(cluster, "migrated", migrated))
    pool = await open_pool(cluster.dsn(APP, name), smallest=1, largest=2)
    with psycopg.connect(cluster.dsn(database=name), autocommit=True) as owner:
        database = PortalDatabase(owner, cluster.dsn(APP, name), cluster.dsn(WORKER, name), pool)
        async with running(database, tmp_path_factory.mktemp("scene")) as portal:
            yield await set_scene(portal)
    await pool.close()
    clusters.drop_database(cluster, name)
