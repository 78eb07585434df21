"""The processes of one portal on one machine: database, HTTP server and worker end together, however they end."""

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Any

from attrs import frozen

from adapters.local.postgres_server import EmbeddedPostgres
from adapters.postgres.migrate import APP_ROLE, WORKER_ROLE
from entrypoints.settings import Settings

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process when its parent ends, also by SIGKILL (Linux). `parent` is the parent's id."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the line above
        raise SystemExit(1)


@frozen
class Urls:
    """Connection URLs of the three roles."""

    app: str
    worker: str
    owner: str


class Database:
    """The database of the settings: another's by its URLs, or the embedded one, started or joined."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server: EmbeddedPostgres | None = None

    def __enter__(self) -> Urls:
        """Raises:
        EmbeddedPostgresError: the embedded server cannot start; one line says why.
        """
        settings = self._settings
        if not settings.embedded_database:
            return Urls(settings.database_url, settings.worker_database_url, settings.owner_database_url)
        programs = Path(settings.pg_bin) if settings.pg_bin else None
        self._server = EmbeddedPostgres(settings.data_dir, programs).start_or_join()
        return Urls(self._server.dsn(APP_ROLE), self._server.dsn(WORKER_ROLE), self._server.dsn())

    def __exit__(self, *_: Any) -> None:
        if self._server is not None:
            self._server.stop()
