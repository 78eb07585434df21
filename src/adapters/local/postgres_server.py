"""Embedded PostgreSQL: programs from a wheel, data in a folder, run as a child process.

The wheel's own `get_server()` is not used: as root it adds a system user and changes the modes of parent folders, and
it leaves the server running when this process is killed.
"""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from adapters.local.postgres_account import EmbeddedPostgresError, ServerAccount, user_name
from adapters.local.postgres_folder import (
    PORT,
    FolderBusyError,
    FolderClaim,
    accepts_connections,
    remove_socket_folder,
    socket_folder,
)
from adapters.local.postgres_programs import DEFAULT_CACHE, PostgresPrograms

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "FolderBusyError"]

SUPERUSER = "postgres"
DATABASE = "portal"
_START_SECONDS = 120  # recovery after a crash may replay up to max_wal_size
_STOP_SECONDS = 60

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",  # no TCP
    "unix_socket_directories": ".",  # relative to the data folder, so the path is never too long for the server
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "200",
    "shared_buffers": "256MB",
    "random_page_cost": "1.1",  # solid-state disks
    "jit": "off",  # short statements: compiling costs more than it saves
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",  # they would fill the log without being useful
    # A failed statement and its detail ("Key (email)=(...) already exists") contain what clients entered.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# For tests only: faster, but a crash of the machine loses the data.
NOT_DURABLE: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class EmbeddedPostgres:
    """A PostgreSQL server over one folder, started and stopped by this process, and reached through a Unix socket.

    `folder` holds the cluster in `data/` (mode 0700) and the server's log in `postgres.log`. Started by root, the
    server runs as `nobody`, who owns `data/` and nothing else. If this process is killed, the server shuts down (on
    Linux), and the next start waits for that and recovers.

    Every operation raises `EmbeddedPostgresError` on failure; its message is one line that includes what to do.
    """

    def __init__(
        self,
        folder: Path,
        bin_folder: Path | None = None,
        *,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        cache: Path = DEFAULT_CACHE,
    ) -> None:
        """`bin_folder` holds PostgreSQL's programs; None means the wheel's. `settings` override those in SETTINGS.

        `durable=False` is faster, but a crash of the machine loses data. `cache` is the folder for a copy of the
        wheel's programs, if `nobody` cannot read them in place.
        """
        self.folder = folder.absolute()
        self._data = self.folder / "data"
        self._log = self.folder / "postgres.log"
        self._bin_folder = bin_folder
        self._durable = durable
        self._settings = {**SETTINGS, **({} if durable else NOT_DURABLE), **(settings or {})}
        self._cache = cache
        self._claim: FolderClaim | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._holder: threading.Thread | None = None

    def start(self) -> Self:
        """Start the server and wait until it responds. The first start creates the cluster and its database."""
        try:
            self._claim = FolderClaim.take(self.folder)
            try:
                self._start()
            except BaseException:
                self.stop()
                raise
        except OSError as error:
            raise EmbeddedPostgresError(
                f"cannot use {error.filename or self.folder} as user {user_name(os.geteuid())} ({error.strerror}): "
                "choose a data folder that this user can write"
            ) from error
        return self

    def start_or_join(self) -> Self:
        """Like `start`, but if a running portal already uses this folder, use its server.

        For commands while a portal is running (`portal mail` during `portal demo`). `stop` does not stop that server.
        """
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                return self.start()
            except FolderBusyError:
                if accepts_connections(self._data):
                    return self
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)  # the other portal is starting or stopping

    def stop(self) -> None:
        """Stop the server if it was started here. Open transactions are rolled back; committed data is on disk."""
        if self._process is not None and self._holder is not None:
            for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, and the last resort
                self._process.send_signal(request)
                self._holder.join(_STOP_SECONDS)
                if not self._holder.is_alive():
                    break
            remove_socket_folder(self._data)
        if self._claim is not None:
            self._claim.release()
        self._claim = self._process = self._holder = None

    def dsn(self, role: str = SUPERUSER, database: str = DATABASE) -> str:
        """Return a `postgresql://` URL for asyncpg, psycopg and psql. Access to the folder replaces passwords."""
        host = quote(str(socket_folder(self._data)), safe="")
        return f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}?host={host}&port={PORT}"

    @property
    def running(self) -> bool:
        """Whether the server accepts connections, no matter which process started it."""
        return accepts_connections(self._data)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        account = ServerAccount.for_data(self._data)
        programs = PostgresPrograms.find(self._bin_folder, account, self._cache)
        if not self._data.exists():
            self._initialize(programs, account)
        self._check_version(programs)
        with open(self._log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
            log_starts_at = log.tell()
            self._hold(programs, account, log)
        deadline = time.monotonic() + _START_SECONDS
        assert self._holder is not None
        while not accepts_connections(self._data):
            if not self._holder.is_alive() or time.monotonic() > deadline:
                with self._log.open("rb") as log:
                    log.seek(log_starts_at)
                    reason = _reason(log.read().decode(errors="replace"))
                raise EmbeddedPostgresError(f"PostgreSQL did not start in {self.folder}: {reason} (see {self._log})")
            time.sleep(0.005)

    def _initialize(self, programs: PostgresPrograms, account: ServerAccount) -> None:
        """Create the cluster and its database under a temporary name, so that an incomplete one is never started."""
        assert self._claim is not None
        assert self._claim.server is not None
        new = self.folder / "data.new"
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        if account.drops_privileges:
            os.chown(new, account.uid, account.gid)
        # The same collation order on every machine and version: by code point. It is built in since PostgreSQL 17;
        # before that it comes from the C library.
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        locale = builtin if programs.major >= 17 else ["--locale=C.UTF-8"]
        security = ["--auth-local=trust", "--auth-host=reject", f"--username={SUPERUSER}", "--data-checksums"]
        handle = os.open(new, os.O_RDONLY | os.O_DIRECTORY)
        try:
            data_option = ["-D", account.path_for_process(new, handle)]
            initdb, server = programs.folder / "initdb", programs.folder / "postgres"
            steps: list[tuple[list[str | Path], str]] = [
                ([initdb, *data_option, "--encoding=UTF8", *locale, *security, "--no-sync"], ""),
                ([server, "--single", *data_option, "-c", "fsync=off", "postgres"], f"CREATE DATABASE {DATABASE};\n"),
            ]
            if self._durable:
                steps.append(([initdb, *data_option, "--sync-only"], ""))
            for command, text in steps:
                succeeded, printed = account.run(command, (handle, self._claim.server), text)
                if not succeeded or "ERROR:" in printed:  # a single-user server succeeds even when its statement fails
                    raise EmbeddedPostgresError(f"PostgreSQL could not set up {self.folder}: {_reason(printed)}")
        finally:
            os.close(handle)
        new.rename(self._data)

    def _check_version(self, programs: PostgresPrograms) -> None:
        try:
            found = (self._data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            raise EmbeddedPostgresError(f"{self._data} is not PostgreSQL data: choose another folder") from None
        if found != str(programs.major):
            raise EmbeddedPostgresError(
                f"{self.folder} holds data of PostgreSQL {found}, but the programs in {programs.folder} are version "
                f"{programs.major}: set PORTAL_PG_BIN to the bin folder of PostgreSQL {found}, or choose another folder"
            )

    def _hold(self, programs: PostgresPrograms, account: ServerAccount, log: IO[bytes]) -> None:
        """Start the server from a thread that lives as long as the server.

        Linux signals the parent's death when the *thread* that forked the server ends, so it must not be the caller's
        thread, which may belong to a pool.
        """
        assert self._claim is not None
        assert self._claim.server is not None
        handle = os.open(self._data, os.O_RDONLY | os.O_DIRECTORY)
        options: list[str | Path] = [
            part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")
        ]
        command: list[str | Path] = [
            programs.folder / "postgres",
            "-D",
            account.path_for_process(self._data, handle),
            *options,
        ]
        descriptors = (handle, self._claim.server)
        started: Future[subprocess.Popen[bytes]] = Future()

        def hold() -> None:
            try:
                process = account.spawn(command, descriptors, output=log)
            except BaseException as error:
                started.set_exception(error)
            else:
                started.set_result(process)
                process.wait()

        self._holder = threading.Thread(target=hold, name="embedded-postgres", daemon=True)
        self._holder.start()
        try:
            self._process = started.result()
        finally:
            os.close(handle)
        self._claim.hand_over()


def _reason(printed: str) -> str:
    """Return the line with the reason from PostgreSQL's output."""
    lines = [line for line in printed.splitlines() if line.strip()]
    error_lines = [line for line in lines if re.search(r"\b(FATAL|PANIC|ERROR|error):", line)]
    return re.sub(r"^.*?\b(?:FATAL|PANIC|ERROR|error):\s*", "", (error_lines or lines or ["it gave no reason"])[-1])
