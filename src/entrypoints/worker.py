"""The worker: runs jobs until it is told to stop. Any number may run, on any machines."""

import asyncio
import logging
import signal
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from procrastinate.exceptions import ConnectorException

from entrypoints.container import Portal
from entrypoints.jobs.queue import Jobs, make_app, register

SHUTDOWN_GRACE = timedelta(seconds=20)
"""How long running jobs have to end when the worker is stopped; what is left is taken up by another worker."""
RECONNECT_DELAY_SECONDS = 5.0
"""Seconds between two tries to reach a database that went away."""

log = structlog.get_logger()


def build_jobs(portal: Portal) -> Jobs:
    """The jobs of an open portal: use cases, and the deployment's own chores."""
    return Jobs(portal.use_cases, portal.practice_ids, portal.maintenance())


async def run_worker_loop(portal: Portal, worker_url: str) -> None:
    """Run jobs until SIGINT or SIGTERM, also over times when the database is away."""
    logging.getLogger("procrastinate").setLevel(logging.WARNING)  # it announces every task it knows
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            await _work(portal, worker_url, stop)
        except (ConnectorException, OSError) as error:
            log.warning("worker.database_unavailable", kind=type(error).__name__.lower())
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONNECT_DELAY_SECONDS)


async def _work(portal: Portal, worker_url: str, stop: asyncio.Event) -> None:
    app = make_app(worker_url)
    register(app, build_jobs(portal))
    async with app.open_async():
        running = asyncio.create_task(
            app.run_worker_async(
                name=portal.parts.worker_name(),
                concurrency=4,
                install_signal_handlers=False,
                shutdown_graceful_timeout=SHUTDOWN_GRACE.total_seconds(),
            )
        )
        stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
