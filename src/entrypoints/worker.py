"""The worker: runs jobs until it is stopped. Any number of workers may run, on any machines."""

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
"""How long running jobs may take to finish when the worker stops. Another worker runs unfinished jobs again."""
RECONNECT_DELAY_SECONDS = 5.0
"""Seconds between attempts to reconnect to the database."""

log = structlog.get_logger()


def build_jobs(portal: Portal) -> Jobs:
    """Return the jobs of an open portal: its use cases and the deployment's maintenance."""
    return Jobs(portal.use_cases, portal.practice_ids, portal.maintenance())


async def run_worker_loop(portal: Portal, worker_url: str) -> None:
    """Run jobs until SIGINT or SIGTERM. While the database is unavailable, keep trying to reconnect."""
    logging.getLogger("procrastinate").setLevel(logging.WARNING)  # at INFO it lists every registered task
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
