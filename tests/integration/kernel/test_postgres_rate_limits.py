"""Rate limits count across operating system processes and across restarts of the portal and the database."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import pytest
from attrs import define

from adapters.local.postgres_server import EmbeddedPostgres
from adapters.postgres.engine.limits import PostgresRateLimits
from adapters.postgres.engine.migrate import APP_ROLE, migrate
from adapters.postgres.engine.pool import open_pool
from portal_core.kernel.errors import RateLimited, Unavailable
from portal_core.kernel.limits import Limit
from tests.support.clock import FixedClock
from tests.support.contracts.kernel.rate_limits import RateLimitsContract, RateLimitsHarness
from tests.support.engine.embedded_postgres import eventually, server_pid
from tests.support.engine.postgres import FIRST_DAY, PortalDatabase

MINUTE = timedelta(minutes=1)

# A server process: opens a pool, reports it, and once all are ready makes 20 attempts at once. Its clock is fixed.
SERVER = """
import asyncio, sys
from datetime import timedelta
from uuid import UUID
from adapters.postgres.engine.limits import PostgresRateLimits
from adapters.postgres.engine.pool import open_pool
from portal_core.kernel.errors import RateLimited, Unavailable
from portal_core.kernel.limits import Limit
from tests.support.clock import FixedClock

async def main(dsn, practice, name):
    pool = await open_pool(dsn, min_size=5, max_size=5)
    limits, limit = PostgresRateLimits(pool, FixedClock()), Limit(name, 7, timedelta(minutes=15))
    print("ready", flush=True)
    sys.stdin.readline()
    tries = (limits.take(UUID(practice), limit, "a@b.example") for _ in range(20))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert all(one is None or isinstance(one, RateLimited) for one in outcomes), outcomes
    print(outcomes.count(None), flush=True)
    await pool.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def _processes(database: PortalDatabase, practice: UUID, name: str, count: int) -> list[int]:
    """How many attempts each of `count` processes was granted."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    servers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SERVER,
            database.app_dsn,
            str(practice),
            name,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
        )
        for _ in range(count)
    ]
    for server in servers:
        assert server.stdout is not None
        assert await server.stdout.readline() == b"ready\n"
    answers = await asyncio.gather(*(server.communicate(b"go\n") for server in servers))
    assert [server.returncode for server in servers] == [0] * count
    return [int(out) for out, _ in answers]


async def test_limit_is_exact_across_processes_and_restarts(shared_database: PortalDatabase) -> None:
    practice, name = uuid4(), f"limit {uuid4()}"
    granted = await _processes(shared_database, practice, name, 2)
    assert sum(granted) == 7
    assert await _processes(shared_database, practice, name, 1) == [0]


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """A durable server for this test, since the shared ones must keep running."""
    folder = Path(tempfile.mkdtemp(prefix="portal-limits-", dir="/tmp"))
    with EmbeddedPostgres(folder / "postgres") as started:
        migrate(started.dsn(), FIRST_DAY)
        yield started
    shutil.rmtree(folder)


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_attempts_survive_a_database_restart(server: EmbeddedPostgres, how: str) -> None:
    practice, clock, limit = uuid4(), FixedClock(), Limit("restart", 3, 10 * MINUTE)
    pool = await open_pool(server.dsn(APP_ROLE), min_size=1, max_size=2)
    for _ in range(3):
        await PostgresRateLimits(pool, clock).take(practice, limit, "a@b.example")
    pool.terminate()
    if how == "killed":
        pid = server_pid(server)
        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    server.stop()
    with EmbeddedPostgres(server.folder) as again:
        pool = await open_pool(again.dsn(APP_ROLE), min_size=1, max_size=2)
        limits = PostgresRateLimits(pool, clock)
        clock.advance(4 * MINUTE)
        with pytest.raises(RateLimited) as refused:
            await limits.take(practice, limit, "a@b.example")
        assert refused.value.retry_after == 360
        clock.advance(6 * MINUTE)
        await limits.take(practice, limit, "a@b.example")
        pool.terminate()


@define
class PostgresRateLimitsHarness(RateLimitsHarness):
    limits: PostgresRateLimits
    clock: FixedClock


@pytest.fixture
def harness(shared_database: PortalDatabase) -> PostgresRateLimitsHarness:
    clock = FixedClock()
    return PostgresRateLimitsHarness(PostgresRateLimits(shared_database.pool, clock), clock)


class TestPostgresRateLimits(RateLimitsContract): ...


async def test_limited_values_are_unreadable_in_the_database(shared_database: PortalDatabase) -> None:
    await PostgresRateLimits(shared_database.pool, FixedClock()).take(
        uuid4(), Limit("read", 1, MINUTE), "ann@b.example"
    )
    rows = shared_database.owner.execute("SELECT key FROM portal.rate_limit_attempts").fetchall()
    assert rows
    assert all(len(key) == 32 and b"ann" not in key for (key,) in rows)


async def test_lost_database_raises_unavailable(database: PortalDatabase) -> None:
    await database.pool.close()
    with pytest.raises(Unavailable):
        await PostgresRateLimits(database.pool, FixedClock()).take(uuid4(), Limit("gone", 1, MINUTE), "key")
