"""`portal serve`, `portal worker`, `portal demo` and `portal migrate`: running the portal."""

import asyncio
import http.client
import importlib.util
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from entrypoints.commands import app
from entrypoints.commands.context import (
    connect_portal,
    connect_queue,
    console,
    full_logs,
    migrate_with_progress,
    quiet_logs,
    settings_or_fail,
)
from entrypoints.errors import CommandError
from entrypoints.processes import (
    APP_URL_VARIABLE,
    WORKER_URL_VARIABLE,
    ChildProcesses,
    Database,
    DatabaseUrls,
    Terminated,
    die_with_parent,
    exit_on_signals,
    ignore_signals,
)
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from entrypoints.demo import Demo

SERVER, WORKER = "the HTTP server", "the worker"
WORKER_MODULE = ("entrypoints.cli", "worker")
RESTART_DELAY_SECONDS = 5.0
"""Seconds before a worker that crashed is restarted."""


@app.command()
def migrate() -> None:
    """Migrate the database to the current schema, privileges and row-level security."""
    settings = settings_or_fail("owner_database_url")
    quiet_logs(settings)
    with Database(settings) as urls:
        done = migrate_with_progress(urls)
    typer.echo("migrated: " + "\n          ".join(done) if done else "the database is up to date")


@app.command()
def serve(
    worker: Annotated[bool, typer.Option(help="Also run a worker.")] = True,
) -> None:
    """Serve the HTTP API. The embedded database, if used, is started and migrated first."""
    exit_on_signals()
    settings = settings_or_fail(*["worker_database_url"] * worker)
    require_free_port(settings)
    quiet_logs(settings)
    with Database(settings, exclusive=True) as urls:
        if settings.embedded_database:
            migrate_with_progress(urls)
        asyncio.run(_check_startup(settings, urls))
        with child_processes(urls) as children:
            if worker:
                children.start(WORKER, *WORKER_MODULE)
            watch(children, settings, ready=lambda: console.print(f"serving {settings.public_url}"))


@app.command(name="worker")
def run_worker() -> None:
    """Run a worker for jobs. Any number of workers may run, on any machines."""
    die_with_parent()
    settings = settings_or_fail(*["worker_database_url"] * (WORKER_URL_VARIABLE not in os.environ))
    full_logs(settings)
    if WORKER_URL_VARIABLE in os.environ:
        asyncio.run(_work(settings, DatabaseUrls(os.environ[APP_URL_VARIABLE], os.environ[WORKER_URL_VARIABLE], "")))
        return
    exit_on_signals()
    with Database(settings) as urls:
        asyncio.run(_work(settings, urls))


@app.command()
def demo() -> None:
    """Run the portal on embedded parts, with a demo practice to try it out."""
    exit_on_signals()
    os.environ.setdefault("PORTAL_LOG_LEVEL", "warning")
    os.environ.setdefault("PORTAL_ACCESS_LOG", "false")
    settings = settings_or_fail()
    if not settings.embedded_database:
        raise CommandError("the demo runs on the embedded database: unset PORTAL_DATABASE_URL")
    require_free_port(settings)
    quiet_logs(settings)
    with Database(settings, exclusive=True) as urls:
        known = _saved_demo(settings, urls)
        migrate_with_progress(urls)
        asyncio.run(_check_startup(settings, urls))
        with console.status("starting the HTTP server and the worker") as spinner, child_processes(urls) as children:
            loaded = known or asyncio.run(_load(settings, urls))  # while the server starts
            children.start(WORKER, *WORKER_MODULE)

            def ready() -> None:
                spinner.stop()
                _greet(settings, loaded)

            watch(children, settings, ready=ready)


@app.command(name="demo-code")
def demo_code() -> None:
    """Print a code of the demo administrator's authenticator, each once; waits for the next one where it must."""
    from adapters.local.sources import SystemClock
    from entrypoints.demo import saved_demo, unused_code

    folder = settings_or_fail().data_dir
    loaded = saved_demo(folder)
    if loaded is None:
        raise CommandError("the demo has not been loaded yet: run portal demo")
    typer.echo(unused_code(loaded, folder, SystemClock(), time.sleep))


def _saved_demo(settings: Settings, urls: DatabaseUrls) -> "Demo | None":
    """Return the demo of the data folder; None at the first start, after discarding an interrupted earlier load."""
    from entrypoints.demo import reset_interrupted_load, saved_demo

    known = saved_demo(settings.data_dir)
    if known is None:
        reset_interrupted_load(settings.data_dir, urls.owner)
    return known


async def _load(settings: Settings, urls: DatabaseUrls) -> "Demo":
    from entrypoints.demo import load_once
    from entrypoints.jobs.queue import register
    from entrypoints.worker import build_jobs

    async with connect_portal(settings, urls) as portal, connect_queue(settings, urls) as queue:
        register(queue, build_jobs(portal))

        async def run_queued_jobs() -> None:
            await queue.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)

        return await load_once(portal, settings.data_dir, run_queued_jobs)


def _greet(settings: Settings, loaded: "Demo") -> None:
    from entrypoints.welcome import welcome

    typer.echo(welcome(settings, loaded))


async def _check_startup(settings: Settings, urls: DatabaseUrls) -> None:
    """Fail early, with one message, instead of in each of the processes that would be started."""
    for package in ("granian", "litestar", "uvloop"):
        if importlib.util.find_spec(package) is None:
            raise ModuleNotFoundError(name=package)
    async with connect_portal(settings, urls):
        pass


async def _work(settings: Settings, urls: DatabaseUrls) -> None:
    from entrypoints.worker import run_worker_loop

    async with connect_portal(settings, urls) as portal:
        await run_worker_loop(portal, urls.worker)


def require_free_port(settings: Settings) -> None:
    """Check that the server can listen on the configured address.

    Raises:
        CommandError: the port is in use, or this user may not listen on it.
    """
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CommandError(
                f"cannot listen on {settings.netloc} ({error.strerror}): set PORTAL_PORT to a free port"
            ) from None


@contextmanager
def child_processes(urls: DatabaseUrls) -> Iterator[ChildProcesses]:
    """Run the HTTP server until the block is left. SIGINT and SIGTERM end it without an error."""
    children = ChildProcesses({APP_URL_VARIABLE: urls.app, WORKER_URL_VARIABLE: urls.worker})
    try:
        children.start(SERVER, "entrypoints.server")
        yield children
    except (KeyboardInterrupt, Terminated):
        console.print("stopping")
    finally:
        ignore_signals()
        children.stop(console.print)


def watch(children: ChildProcesses, settings: Settings, *, ready: Callable[[], None]) -> None:
    """Monitor the children. `ready` is called once the server responds. A worker that crashes is restarted.

    Raises:
        CommandError: the server exited.
    """
    is_ready = False
    while True:
        if not is_ready and _responds(settings):
            is_ready = True
            ready()
        ended = children.ended()
        if ended is not None and ended.name == SERVER:
            raise CommandError(f"the HTTP server exited with code {ended.code}; see its log")
        if ended is not None:
            console.print(f"the worker exited with code {ended.code} and will be restarted")
            time.sleep(RESTART_DELAY_SECONDS)
            children.start(WORKER, *WORKER_MODULE)
        time.sleep(0.2)


def _responds(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  (all addresses include the local one)
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
