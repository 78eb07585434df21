"""The processes of one portal on one machine: database, HTTP server and worker end together, however they end."""

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
"""How long a portal that starts waits for a command that has the data folder open."""
STOP_TIMEOUT_SECONDS = 30.0
"""Seconds that a child has to end when it is told to; then it is killed, and its jobs are taken up again."""
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """In a child that was told its parent: have this process killed when the parent ends, also by SIGKILL.

    Killed, and not asked: a process that was asked while it starts, or hangs, would stay. What it was doing is found
    again, as after any crash. Before anything heavy is imported, for until here it only ends when it looks.
    """
    parent = int(os.environ.get(PARENT_PID_VARIABLE, "0"))
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


@frozen
class DatabaseUrls:
    """Connection URLs of the three roles; empty where this process was not told."""

    app: str
    worker: str
    owner: str


class Database:
    """The database of the settings: another's by its URLs, or the embedded one.

    Where a portal runs already, a command joins its database. A process that `exclusive` wants it for itself: what it
    joined would end with another process, perhaps a command that is over in a second.
    """

    def __init__(self, settings: Settings, *, exclusive: bool = False) -> None:
        self._settings = settings
        self._stays = exclusive
        self._server: EmbeddedPostgres | None = None

    def __enter__(self) -> DatabaseUrls:
        """Raises:
        EmbeddedPostgresError: the embedded server cannot start; one line says why.
        """
        settings = self._settings
        if not settings.embedded_database:
            return DatabaseUrls(settings.database_url, settings.worker_database_url, settings.owner_database_url)
        programs = Path(settings.pg_bin) if settings.pg_bin else None
        server = EmbeddedPostgres(settings.data_dir, programs)
        self._server = _start_when_free(server) if self._stays else server.start_or_join()
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
    """SIGTERM or SIGHUP: end, as at Ctrl-C. Of this kind because event loops let nothing else through."""


def exit_on_signals() -> None:
    """From now on SIGTERM and SIGHUP are exceptions, as Ctrl-C is: what was started is stopped on the way out.

    SIGINT also in the background of a script, where shells have it ignored; SIGHUP not under nohup.
    """

    def raise_it(number: int, _frame: FrameType | None) -> None:
        raise Terminated(128 + number)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, raise_it)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, raise_it)


def ignore_signals() -> None:
    """From now on this process ends by itself: a second Ctrl-C must not leave half of it behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@frozen
class ChildExit:
    """A child that ended by itself."""

    name: str
    code: int


@define
class ChildProcesses:
    """Processes of ours that run until they are told to stop. Each has a process group of its own.

    So Ctrl-C in a terminal reaches this process alone, which then stops the others once and in order.
    """

    environment: dict[str, str]
    _running: dict[str, "subprocess.Popen[bytes]"] = field(init=False, factory=dict)

    def start(self, name: str, *module: str) -> None:
        """Run `python -m module…`. It ends when this process does, if it calls `die_with_parent`."""
        environment = {**os.environ, **self.environment, PARENT_PID_VARIABLE: str(os.getpid())}
        self._running[name] = subprocess.Popen(  # noqa: S603  (our own interpreter and modules)
            [sys.executable, "-m", *module], env=environment, stdin=subprocess.DEVNULL, process_group=0
        )

    def ended(self) -> ChildExit | None:
        """One that has ended, if any."""
        for name, process in self._running.items():
            if (code := process.poll()) is not None:
                return ChildExit(name, code)
        return None

    def stop(self, report: Callable[[str], None]) -> None:
        """Tell all to end, and wait until they have."""
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        for name, process in self._running.items():
            try:
                process.wait(max(deadline - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                report(f"{name} does not end and is killed")
                process.kill()
                process.wait()
