"""A worker in a process of its own, made of the portal's real parts, that a test can have killed where it wants.

The processes are forked from a server that has imported everything once, so that one costs a fraction of a second.
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
from entrypoints.catalogue import use_case_classes
from entrypoints.container import opened
from entrypoints.jobs.queue import make_app, register
from entrypoints.settings import Settings
from entrypoints.worker import jobs_of
from tests.support.clock import FixedClock
from tests.support.engine.postgres import TestMasterKey
from tests.support.notifications.fake_delivery import TrippingBegin, Tripwire

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
class Shift:
    """What a worker does: queues `first`, works until no job is left, and dies at the step `dies`.

    Its clock stands at `at`. Mail goes by SES to `vendor`.
    """

    app_dsn: str
    worker_dsn: str
    folder: Path
    at: datetime
    vendor: str
    first: tuple[str, ...] = ()
    dies: Step | None = None


@define
class Deadly(Tripwire):
    """Kills this process, as the kernel or an operator would: nothing is cleaned up."""

    name: str = ""

    def step(self, name: str) -> None:
        self.passed.append(name)
        if name == self.name and self.passed.count(name) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def start(shift: Shift) -> "multiprocessing.process.BaseProcess":
    """The worker's process, at work."""
    process = _processes.Process(target=_work, args=(shift,), daemon=True)
    process.start()
    return process


async def ended(process: "multiprocessing.process.BaseProcess") -> int:
    """Its exit code, when it has ended: below zero, the number of the signal that killed it."""
    await asyncio.to_thread(process.join, 60)
    if process.exitcode is None:
        process.kill()
        raise AssertionError("the worker did not end")
    return process.exitcode


async def worked(shift: Shift) -> int:
    """Let a worker do its shift."""
    return await ended(start(shift))


def _work(shift: Shift) -> None:
    os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing")
    asyncio.run(_shift(shift))


async def _shift(shift: Shift) -> None:
    settings = Settings(
        data_dir=shift.folder,
        mail="ses",
        mail_from="portal@example.org",
        aws_region="us-east-1",
        aws_endpoint_url=shift.vendor,
        pool_size=3,
    )
    async with opened(settings, shift.app_dsn, clock=FixedClock(shift.at), master=TestMasterKey()) as portal:
        if shift.dies is not None:
            use_case = portal.use_cases[shift.dies.use_case]
            begin = TrippingBegin(use_case.begin, Deadly(shift.dies.number, name=shift.dies.name))
            portal.use_cases[shift.dies.use_case] = evolve(use_case, begin=begin)
        app = make_app(shift.worker_dsn)
        register(app, jobs_of(portal))
        async with app.open_async():
            for name in shift.first:
                with suppress(AlreadyEnqueued):  # by the worker's own clock
                    await app.configure_task(name).defer_async(timestamp=0)
            await app.run_worker_async(wait=False, concurrency=1, install_signal_handlers=False)
