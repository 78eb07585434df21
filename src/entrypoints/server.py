"""The HTTP server: granian in its own process. Its workers load `application` from this module."""

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from entrypoints.processes import APP_URL_VARIABLE, PARENT_PID_VARIABLE, die_with_parent
from entrypoints.settings import Settings, level_of, load

KILL_TIMEOUT_SECONDS = 10
"""Seconds that a worker has to finish its requests when it stops. A busy worker may hang in granian's last step
(emmett-framework/granian, issue 875); without this limit the portal would then never stop."""

CONNECTION_BUFFER_BYTES = 32 * 1024
"""What is read of a connection ahead of the application, and the most that the head of a request may have. granian's
408 KiB double the memory that uploads take."""


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    from granian import Granian
    from granian.constants import Interfaces, Loops
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    from entrypoints.observability.logs import configure_logging

    server = Granian(
        "entrypoints.server:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=settings.http_workers,
        factory=True,
        log_level=LogLevels.warning,
        backlog=2048,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_TIMEOUT_SECONDS,
        http1_settings=HTTP1Settings(max_buffer_size=CONNECTION_BUFFER_BYTES),
    )
    configure_logging(json=settings.log_format == "json", level=level_of(settings))
    os.environ[PARENT_PID_VARIABLE] = str(os.getpid())
    with _shared_metrics() if settings.http_workers > 1 else nullcontext():
        # Imported before the workers are forked, which then share its memory; metrics choose at import where they are.
        import entrypoints.application  # noqa: F401

        gc.freeze()  # the collector would write to the shared pages, and so copy them
        server.serve()


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """Keep the metrics of several workers in files, so that any worker can report those of all."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="portal-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def application() -> Any:
    """Create the ASGI application of one worker process, which ends with the server."""
    die_with_parent()
    from entrypoints.application import Application
    from entrypoints.observability.logs import configure_logging

    settings = load()
    configure_logging(json=settings.log_format == "json", level=level_of(settings))
    return Application(settings, os.environ[APP_URL_VARIABLE])


if __name__ == "__main__":
    die_with_parent()
    serve(load())
