"""PostgreSQL databases for tests: one migrated template per cluster, and a copy for each test that needs one."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.support.engine.clusters import (
    Cluster,
    clusters,
    drop_database,
    fresh_database,
    running,
    template_database,
)
from tests.support.engine.postgres import PortalDatabase, migrate_template, open_database


@pytest.fixture(scope="session", params=clusters())
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Each configured cluster in turn."""
    return running(request.param)


@pytest.fixture
def database_name(cluster: Cluster) -> Iterator[str]:
    """The name of a fresh, migrated database."""
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    yield name
    drop_database(cluster, name)


@pytest_asyncio.fixture
async def database(cluster: Cluster, database_name: str) -> AsyncIterator[PortalDatabase]:
    """A fresh, migrated database with an open connection pool."""
    async with open_database(cluster, database_name) as one:
        yield one


@pytest_asyncio.fixture(scope="session")
async def shared_database(cluster: Cluster) -> AsyncIterator[PortalDatabase]:
    """One database per cluster for all tests that create their own practice: practices cannot see one another."""
    name = fresh_database(cluster, template_database(cluster, "migrate_template", migrate_template))
    async with open_database(cluster, name) as one:
        yield one
    drop_database(cluster, name)
