"""`portal serve`, `portal worker`, `portal migrate`, `portal demo`: the processes that stay."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from adapters.local.sources import SystemClock
from entrypoints.commands import app
from entrypoints.commands.failures import Failed
from entrypoints.commands.running import console, migrate_with_bar, quiet_logs, settings_or_fail
from entrypoints.container import opened
from entrypoints.demo import Demo, code_at, keep, known_demo, load
from entrypoints.jobs.queue import make_app, register
from entrypoints.observability.logs import configure_logging
from entrypoints.processes import Database, Urls, die_with_parent
from entrypoints.server import APP_URL, PARENT
from entrypoints.settings import Settings, level_of
from entrypoints.welcome import welcome
from entrypoints.worker import jobs_of

WORKER_URL = "PORTAL_RUNNING_WORKER_URL"
DEMO_FILE = "demo.json"


@app.command()
def migrate() -> None:
    """Bring the database to the present schema, rights and row-level security."""
    settings = settings_or_fail()
    quiet_logs(settings)
    with Database(settings) as urls:
        done = migrate_with_bar(urls)
    typer.echo(f"migrated: {', '.join(done)}" if done else "the schema is up to date")


@app.command()
def serve(
    worker: Annotated[bool, typer.Option(help="Run a worker beside the server.")] = True,
) -> None:
    """Serve the HTTP API; with the embedded database, also start and migrate that."""
    settings = settings_or_fail()
    refuse_busy_port(settings)
    with Database(settings) as urls:
        if settings.embedded_database:
            migrate_with_bar(urls)
        run_server(settings, urls, worker=worker)


@app.command(name="worker")
def run_worker() -> None:
    """Run jobs: any number of workers, on any machines."""
    from entrypoints.worker import work

    settings = settings_or_fail()
    configure_logging(json=settings.log_format == "json", level=level_of(settings))
    if PARENT in os.environ:
        die_with_parent(int(os.environ[PARENT]))
        asyncio.run(work(settings, os.environ[APP_URL], os.environ[WORKER_URL]))
        return
    with Database(settings) as urls:
        asyncio.run(work(settings, urls.app, urls.worker))


@app.command()
def demo() -> None:
    """Run the portal on embedded parts, with a practice to try things out with."""
    os.environ.setdefault("PORTAL_LOG_LEVEL", "warning")
    settings = settings_or_fail()
    if not settings.embedded_database:
        raise Failed("the demo runs on the embedded database: unset PORTAL_DATABASE_URL")
    refuse_busy_port(settings)
    quiet_logs(settings)
    with Database(settings) as urls:
        migrate_with_bar(urls)
        loaded = known_demo(settings.data_dir / DEMO_FILE)
        if loaded is None:
            with console.status("loading the demo practice"):
                loaded = asyncio.run(_load_demo(settings, urls))
            keep(settings.data_dir / DEMO_FILE, loaded)
        typer.echo(welcome(settings, loaded))
        run_server(settings, urls, worker=True)


@app.command(name="demo-code")
def demo_code() -> None:
    """Show what the demo administrator's authenticator app shows now."""
    settings = settings_or_fail()
    loaded = known_demo(settings.data_dir / DEMO_FILE)
    if loaded is None:
        raise Failed("there is no demo here yet: portal demo")
    typer.echo(code_at(loaded.administrator_secret, SystemClock().now()))


async def _load_demo(settings: Settings, urls: Urls) -> Demo:
    async with opened(settings, urls.app) as portal:
        queue = make_app(urls.worker)
        register(queue, jobs_of(portal))

        async def work_off() -> None:
            await queue.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)

        async with queue.open_async():
            return await load(portal, work_off)


def refuse_busy_port(settings: Settings) -> None:
    """Raises:
    Failed: somebody listens there already, or we may not.
    """
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            raise Failed(f"cannot listen on {where} ({error.strerror}): set PORTAL_PORT to a free one") from None


def run_server(settings: Settings, urls: Urls, *, worker: bool) -> None:
    """Serve until SIGINT or SIGTERM; the worker beside it ends with it."""
    os.environ |= {PARENT: str(os.getpid()), APP_URL: urls.app, WORKER_URL: urls.worker}
    with _worker_beside() if worker else _nothing():
        Granian(
            "entrypoints.server:application",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            workers=settings.http_workers,
            factory=True,
            log_level=LogLevels.warning,
            backlog=2048,
        ).serve()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _worker_beside() -> Iterator[None]:
    # A group of its own, so that Ctrl-C reaches it once: from here, after the server has ended.
    command = [sys.executable, "-m", "entrypoints.cli", "worker"]
    process = subprocess.Popen(command, process_group=0)  # noqa: S603  (our own interpreter and module)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            console.print("the worker does not end; its jobs will be taken up again")
            process.kill()
            process.wait()
