"""A server and a worker in processes of their own, with the portal's real parts, killed at a chosen step of an upload.

The processes are forked from a server process that has already imported everything, so starting one is fast.
"""

import asyncio
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import wraps
from importlib import import_module
from inspect import iscoroutinefunction
from itertools import count
from pathlib import Path
from typing import Any, Literal

from attrs import frozen
from granian.constants import Interfaces
from granian.server.embed import Server
from procrastinate.exceptions import AlreadyEnqueued

from entrypoints import application
from entrypoints.container import open_portal
from entrypoints.http import documents
from entrypoints.jobs.queue import make_app, register
from entrypoints.settings import Settings
from entrypoints.use_case_registry import use_case_classes
from entrypoints.worker import build_jobs
from tests.support.cli.portal_command import free_port
from tests.support.clock import FixedClock

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.support.files.killable_portal", "pytest"])
_imported_before_the_fork = use_case_classes()
_START_SECONDS = 60.0


@frozen
class Step:
    """Before or after a call of a function, `package.module:Class.method`; which of its calls, counted from 1."""

    when: Literal["before", "after"]
    called: str
    number: int = 1


@frozen
class KillablePortal:
    """The portal over a test database, as separate processes run it. Its clock stands at `at`."""

    app_dsn: str
    worker_dsn: str
    folder: Path
    at: datetime

    @contextmanager
    def serving(self, kill_at: Step | None = None) -> Iterator[tuple[int, Callable[[], int | None]]]:
        """A server that dies at the step: its port, and what waits for its end and returns its exit code."""
        port = free_port()
        process = _processes.Process(target=_serve, args=(self, port, kill_at), daemon=True)
        process.start()

        def ended() -> int | None:
            process.join(_START_SECONDS)
            return process.exitcode

        try:
            _wait_for(port, process)
            yield port, ended
        finally:
            process.kill()
            process.join()

    def work(self, *scheduled: str, kill_at: Step | None = None) -> int:
        """Run a worker until no job is left, with these scheduled jobs first, or until the step; its exit code."""
        process = _processes.Process(target=_work, args=(self, scheduled, kill_at), daemon=True)
        process.start()
        process.join(_START_SECONDS)
        if process.exitcode is None:
            process.kill()
            raise AssertionError("the worker did not end")
        return process.exitcode


def _wait_for(port: int, process: "multiprocessing.process.BaseProcess") -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.exitcode is None, f"the server ended with {process.exitcode}"
        assert time.monotonic() < end, "the server does not start"
        time.sleep(0.02)


def _serve(killable: KillablePortal, port: int, kill_at: Step | None) -> None:
    async def serve() -> None:
        settings = Settings(data_dir=killable.folder, throttle_rate=0, pool_size=4, port=port)
        async with open_portal(settings, killable.app_dsn, clock=FixedClock(killable.at)) as portal:
            for name in ("PORTAL", "PRACTICE"):  # the routes of all features would take a second
                setattr(application, name, getattr(documents, name))
            app = application.make_app(portal)
            _arm(kill_at)
            await Server(app, "127.0.0.1", port, interface=Interfaces.ASGI, log_enabled=False).serve()

    asyncio.run(serve())


def _work(killable: KillablePortal, scheduled: tuple[str, ...], kill_at: Step | None) -> None:
    async def work() -> None:
        settings = Settings(data_dir=killable.folder, pool_size=4)
        async with open_portal(settings, killable.app_dsn, clock=FixedClock(killable.at)) as portal:
            queue = make_app(killable.worker_dsn)
            register(queue, build_jobs(portal))
            _arm(kill_at)
            async with queue.open_async():
                for name in scheduled:
                    with suppress(AlreadyEnqueued):
                        await queue.configure_task(name).defer_async(timestamp=0)
                await queue.run_worker_async(wait=False, concurrency=1, install_signal_handlers=False)

    asyncio.run(work())


def _arm(step: Step | None) -> None:
    """Have this process killed without cleanup at the step, as the kernel or an operator would."""
    if step is None:
        return
    module, _, path = step.called.partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for one in owners:
        owner = getattr(owner, one)
    called, calls = getattr(owner, name), count(1)

    def die(is_due: bool) -> None:
        if is_due:
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)  # in a thread, until it takes effect

    @wraps(called)  # the portal reads the names of a use case's ids
    async def call_async(*args: Any, **kwargs: Any) -> Any:
        is_it = next(calls) == step.number
        die(is_it and step.when == "before")
        result = await called(*args, **kwargs)
        die(is_it and step.when == "after")
        return result

    @wraps(called)
    def call(*args: Any, **kwargs: Any) -> Any:
        is_it = next(calls) == step.number
        die(is_it and step.when == "before")
        result = called(*args, **kwargs)
        die(is_it and step.when == "after")
        return result

    setattr(owner, name, call_async if iscoroutinefunction(called) else call)
