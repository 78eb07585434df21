"""A worker in its own process, with the portal's real parts, which a test can kill at a chosen step.

The processes are forked from a server process that has already imported everything, so starting one is fast.
"""

import asyncio
import multiprocessing
import os
import signal
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from attrs import define, evolve, frozen
from procrastinate.exceptions import AlreadyEnqueued

from adapters.aws import AwsAccount
from adapters.ses.mailer import SesMailer
from entrypoints.container import open_portal
from entrypoints.jobs.queue import make_app, register
from entrypoints.settings import Settings
from entrypoints.use_case_registry import use_case_classes
from entrypoints.worker import build_jobs
from tests.support.clock import FixedClock
from tests.support.engine.postgres import CountingMasterKey
from tests.support.notifications.fake_delivery import CrashPoint, TrippingBegin

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.support.engine.killable_worker", "pytest"])
_imported_before_the_fork = use_case_classes(), AwsAccount, SesMailer


@frozen
class Step:
    """A step of a use case, as `TrippingBegin` names them; which of those of that name, counted from 1."""

    use_case: str
    name: str
    number: int = 1


@frozen
class WorkerRun:
    """What a worker does: queues `first`, works until no job is left, and dies at the step `crash_at`.

    Its clock stands at `at`. Mail goes by SES to `vendor`.
    """

    app_dsn: str
    worker_dsn: str
    folder: Path
    at: datetime
    vendor: str
    first: tuple[str, ...] = ()
    crash_at: Step | None = None


@define
class ProcessKiller(CrashPoint):
    """Kills this process without cleanup, as the kernel or an operator would."""

    name: str = ""

    def step(self, name: str) -> None:
        self.passed.append(name)
        if name == self.name and self.passed.count(name) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def start(worker_run: WorkerRun) -> "multiprocessing.process.BaseProcess":
    """Start the worker's process."""
    process = _processes.Process(target=_process_main, args=(worker_run,), daemon=True)
    process.start()
    return process


async def exit_code_of(process: "multiprocessing.process.BaseProcess") -> int:
    """Its exit code, when it has ended: below zero, the number of the signal that killed it."""
    await asyncio.to_thread(process.join, 60)
    if process.exitcode is None:
        process.kill()
        raise AssertionError("the worker did not end")
    return process.exitcode


async def run_worker(worker_run: WorkerRun) -> int:
    """Run a worker to its end, and return its exit code."""
    return await exit_code_of(start(worker_run))


def _process_main(worker_run: WorkerRun) -> None:
    os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing")
    asyncio.run(_run_worker(worker_run))


async def _run_worker(worker_run: WorkerRun) -> None:
    settings = Settings(
        data_dir=worker_run.folder,
        mail="ses",
        mail_from="portal@example.org",
        aws_region="us-east-1",
        aws_endpoint_url=worker_run.vendor,
        pool_size=3,
    )
    async with open_portal(
        settings, worker_run.app_dsn, clock=FixedClock(worker_run.at), master=CountingMasterKey()
    ) as portal:
        if worker_run.crash_at is not None:
            use_case = portal.use_cases[worker_run.crash_at.use_case]
            begin = TrippingBegin(
                use_case.begin, ProcessKiller(worker_run.crash_at.number, name=worker_run.crash_at.name)
            )
            portal.use_cases[worker_run.crash_at.use_case] = evolve(use_case, begin=begin)
        app = make_app(worker_run.worker_dsn)
        register(app, build_jobs(portal))
        async with app.open_async():
            for name in worker_run.first:
                with suppress(AlreadyEnqueued):  # by the worker's own clock
                    await app.configure_task(name).defer_async(timestamp=0)
            await app.run_worker_async(wait=False, concurrency=1, install_signal_handlers=False)
