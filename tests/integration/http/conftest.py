"""The whole portal, on each cluster."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.clock import FixedClock
from tests.support.engine import clusters
from tests.support.engine.postgres import PortalDatabase
from tests.support.http.open_practice import OpenPractice, shared_portal
from tests.support.http.running_portal import RunningPortal, running
from tests.support.http.valid_requests import ValidRequests, make_valid_requests


@pytest_asyncio.fixture
async def portal(database: PortalDatabase, tmp_path: Path) -> AsyncIterator[RunningPortal]:
    """A portal with no practice yet."""
    async with running(database, tmp_path) as one:
        yield one


@pytest_asyncio.fixture(scope="module")
async def shared(cluster: clusters.Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningPortal]:
    """One portal for a module whose tests make practices of their own."""
    async with shared_portal(cluster, tmp_path_factory.mktemp("portal")) as one:
        yield one


@pytest_asyncio.fixture
async def open_practice(shared: RunningPortal) -> OpenPractice:
    """A practice of this test's own, at the time at which tests begin."""
    shared.clock.at = FixedClock().at
    return await OpenPractice.open(shared)


@pytest_asyncio.fixture(scope="session")
async def valid_requests(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ValidRequests]:
    """One practice with one of everything, for tests that take back what they changed; on the embedded cluster only,
    since input is judged long before a database is asked."""
    async with shared_portal(clusters.running("embedded"), tmp_path_factory.mktemp("valid_requests")) as portal:
        yield await make_valid_requests(portal)
