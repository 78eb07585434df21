"""The worker: runs jobs until it is told to stop. Any number may run, on any machines."""

import asyncio
import logging
import signal
from datetime import timedelta

from entrypoints.container import Portal, opened
from entrypoints.jobs.queue import Jobs, make_app, register
from entrypoints.settings import Settings

GRACE = timedelta(seconds=20)
"""How long running jobs have to end when the worker is stopped; what is left is taken up by another worker."""


def jobs_of(portal: Portal) -> Jobs:
    """The jobs of an open portal: use cases, and the deployment's own chores."""
    return Jobs(portal.use_cases, portal.practice_ids, portal.chores())


async def work(settings: Settings, database_url: str, worker_url: str) -> None:
    """Run jobs until SIGINT or SIGTERM."""
    async with opened(settings, database_url) as portal:
        logging.getLogger("procrastinate").setLevel(logging.WARNING)  # it announces every task it knows
        app = make_app(worker_url)
        register(app, jobs_of(portal))
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        async with app.open_async():
            running = asyncio.create_task(
                app.run_worker_async(
                    name=portal.parts.worker_name(),
                    concurrency=4,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=GRACE.total_seconds(),
                )
            )
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not running.done():
                running.cancel()
            try:
                await running
            except asyncio.CancelledError:
                return
