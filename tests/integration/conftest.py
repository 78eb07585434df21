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

ON_EVERY_VERSION = (
    "test_postgres_",
    "test_local_identity",
    "test_migrations",
    "test_row_level_security",
    "test_database_rights",
    "test_query_plans",
    "test_unit_of_work",
)
"""How the names of modules begin that run on each PostgreSQL: contracts, the schema, scope and plans.

The others stand on these and would only repeat them, so one version is enough there.
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that needs a cluster on each version, or on the embedded one only."""
    if "cluster" in metafunc.fixturenames:
        module = metafunc.module.__name__.rpartition(".")[2]
        names = clusters() if module.startswith(ON_EVERY_VERSION) else ("embedded",)
        metafunc.parametrize("cluster", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The cluster that the test is run on."""
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
