"""Fixtures: the whole portal, on each cluster."""

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
    """A portal without practices."""
    async with running(database, tmp_path) as one:
        yield one


@pytest_asyncio.fixture(scope="module")
async def shared(cluster: clusters.Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningPortal]:
    """One portal for a module whose tests create their own practices."""
    async with shared_portal(cluster, tmp_path_factory.mktemp("portal")) as one:
        yield one


@pytest_asyncio.fixture
async def open_practice(shared: RunningPortal) -> OpenPractice:
    """A practice for one test, with the clock reset to the start time."""
    shared.clock.at = FixedClock().at
    return await OpenPractice.open(shared)


@pytest_asyncio.fixture(scope="session")
async def valid_requests(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ValidRequests]:
    """One practice with one record of every kind, for tests that undo their changes. On the embedded cluster only, as
    input is validated long before the database is used."""
    async with shared_portal(clusters.running("embedded"), tmp_path_factory.mktemp("valid_requests")) as portal:
        yield await make_valid_requests(portal)
