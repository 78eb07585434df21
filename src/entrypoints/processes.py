"""The processes of a portal on one machine. Database, HTTP server and worker end together, however one of them ends."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from attrs import define, field, frozen

from adapters.local.postgres_server import EmbeddedPostgres, FolderBusyError
from adapters.postgres.engine.roles import APP_ROLE, WORKER_ROLE
from entrypoints.settings import Settings

PARENT_PID_VARIABLE = "PORTAL_PARENT_PID"
APP_URL_VARIABLE = "PORTAL_RUNNING_DATABASE_URL"
WORKER_URL_VARIABLE = "PORTAL_RUNNING_WORKER_URL"
FOLDER_WAIT_SECONDS = 10.0
"""How many seconds a starting portal waits for a command that is using the data folder."""
STOP_TIMEOUT_SECONDS = 30.0
"""Seconds that a child process has to stop before it is killed. Its unfinished jobs are run again later."""
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """In a child process: have this process killed when its parent ends, even if the parent is killed with SIGKILL.

    It is killed rather than asked to stop, because a process that is starting or hangs would ignore the request. Its
    unfinished work is recovered, as after any crash. Call this before importing anything that takes time. Does nothing
    in a process that was not started by `ChildProcesses` or a server process.
    """
    parent = int(os.environ.get(PARENT_PID_VARIABLE, "0"))
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # the parent ended before the call above
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


@frozen
class DatabaseUrls:
    """Connection URLs of the three roles; empty if this process does not have one."""

    app: str
    worker: str
    owner: str


class Database:
    """The database of the settings: an external one, by its URLs, or the embedded one.

    If a portal is already running, a command joins its embedded database. A long-running process must be `exclusive`
    and start the database itself: a database that it joined would stop with the other process, perhaps a short command.
    """

    def __init__(self, settings: Settings, *, exclusive: bool = False) -> None:
        self._settings = settings
        self._exclusive = exclusive
        self._server: EmbeddedPostgres | None = None

    def __enter__(self) -> DatabaseUrls:
        """Start or join the database, and return its URLs.

        Raises:
            EmbeddedPostgresError: the embedded server cannot start; the message is one line.
        """
        settings = self._settings
        if not settings.embedded_database:
            return DatabaseUrls(settings.database_url, settings.worker_database_url, settings.owner_database_url)
        programs = Path(settings.pg_bin) if settings.pg_bin else None
        server = EmbeddedPostgres(settings.data_dir, programs)
        self._server = _start_when_free(server) if self._exclusive else server.start_or_join()
        return DatabaseUrls(self._server.dsn(APP_ROLE), self._server.dsn(WORKER_ROLE), self._server.dsn())

    def __exit__(self, *_: Any) -> None:
        if self._server is not None:
            self._server.stop()


def _start_when_free(server: EmbeddedPostgres) -> EmbeddedPostgres:
    deadline = time.monotonic() + FOLDER_WAIT_SECONDS
    while True:
        try:
            return server.start()
        except FolderBusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class Terminated(SystemExit):
    """Raised on SIGTERM or SIGHUP, to stop as on Ctrl-C. A `SystemExit`, because event loops let no others through."""


def exit_on_signals() -> None:
    """Make SIGTERM and SIGHUP raise an exception, as Ctrl-C does, so that started processes are stopped on the way out.

    SIGINT also works in the background of a script, where shells ignore it by default. SIGHUP stays ignored under
    nohup.
    """

    def raise_it(number: int, _frame: FrameType | None) -> None:
        raise Terminated(128 + number)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, raise_it)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, raise_it)


def ignore_signals() -> None:
    """Ignore further signals while stopping, so that a second Ctrl-C cannot leave child processes behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@frozen
class ChildExit:
    """A child process that exited without being told to stop."""

    name: str
    code: int


@define
class ChildProcesses:
    """Child processes that run until they are told to stop. Each has its own process group.

    Therefore Ctrl-C in a terminal reaches only this process, which then stops the children once and in order.
    """

    environment: dict[str, str]
    _running: dict[str, "subprocess.Popen[bytes]"] = field(init=False, factory=dict)

    def start(self, name: str, *module: str) -> None:
        """Run `python -m module…`. The module must call `die_with_parent` to end with this process."""
        environment = {**os.environ, **self.environment, PARENT_PID_VARIABLE: str(os.getpid())}
        self._running[name] = subprocess.Popen(  # noqa: S603  (our own interpreter and modules)
            [sys.executable, "-m", *module], env=environment, stdin=subprocess.DEVNULL, process_group=0
        )

    def ended(self) -> ChildExit | None:
        """Return a child that has exited, if any."""
        for name, process in self._running.items():
            if (code := process.poll()) is not None:
                return ChildExit(name, code)
        return None

    def stop(self, report: Callable[[str], None]) -> None:
        """Stop all children and wait for them. `report` gets a line about each one that had to be killed."""
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        for name, process in self._running.items():
            try:
                process.wait(max(deadline - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                report(f"{name} did not stop in time and was killed")
                process.kill()
                process.wait()
