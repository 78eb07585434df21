"""The whole portal, on each cluster."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.portal import RunningPortal, running
from tests.support.postgres import PortalDatabase


@pytest_asyncio.fixture
async def portal(database: PortalDatabase, tmp_path: Path) -> AsyncIterator[RunningPortal]:
    """A portal with no practice yet."""
    async with running(database, tmp_path) as one:
        yield one
