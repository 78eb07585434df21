"""`portal serve`, `portal worker`, `portal migrate`, `portal demo`: the processes that stay."""

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
"""Seconds until a worker that broke down is started again."""


@app.command()
def migrate() -> None:
    """Bring the database to the present schema, rights and row-level security."""
    settings = settings_or_fail("owner_database_url")
    quiet_logs(settings)
    with Database(settings) as urls:
        done = migrate_with_progress(urls)
    typer.echo(f"migrated: {', '.join(done)}" if done else "the schema is up to date")


@app.command()
def serve(
    worker: Annotated[bool, typer.Option(help="Run a worker beside the server.")] = True,
) -> None:
    """Serve the HTTP API; with the embedded database, also start and migrate that."""
    exit_on_signals()
    settings = settings_or_fail(*["worker_database_url"] * worker)
    require_free_port(settings)
    quiet_logs(settings)
    with Database(settings, exclusive=True) as urls:
        if settings.embedded_database:
            migrate_with_progress(urls)
        asyncio.run(_opens(settings, urls))
        with child_processes(urls) as children:
            if worker:
                children.start(WORKER, *WORKER_MODULE)
            watch(children, settings, ready=lambda: console.print(f"serving {settings.public_url}"))


@app.command(name="worker")
def run_worker() -> None:
    """Run jobs: any number of workers, on any machines."""
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
    """Run the portal on embedded parts, with a practice to try things out with."""
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
        asyncio.run(_opens(settings, urls))
        with console.status("starting the HTTP server and the worker") as turning, child_processes(urls) as children:
            loaded = known or asyncio.run(_load(settings, urls))  # while the server starts
            children.start(WORKER, *WORKER_MODULE)

            def ready() -> None:
                turning.stop()
                _greet(settings, loaded)

            watch(children, settings, ready=ready)


@app.command(name="demo-code")
def demo_code() -> None:
    """Show what the demo administrator's authenticator app shows now."""
    from adapters.local.sources import SystemClock
    from entrypoints.demo import code_at, saved_demo

    loaded = saved_demo(settings_or_fail().data_dir)
    if loaded is None:
        raise CommandError("there is no demo here yet: portal demo")
    typer.echo(code_at(loaded.administrator_secret, SystemClock().now()))


def _saved_demo(settings: Settings, urls: DatabaseUrls) -> "Demo | None":
    """The demo of the data folder; None at the first start, which begins again where an earlier one was broken off."""
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


async def _opens(settings: Settings, urls: DatabaseUrls) -> None:
    """What stands in the way is said here, once, and not by each of the processes that would meet it."""
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
    """Raises:
    Failed: somebody listens there already, or we may not.
    """
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CommandError(
                f"cannot listen on {settings.netloc} ({error.strerror}): set PORTAL_PORT to a free one"
            ) from None


@contextmanager
def child_processes(urls: DatabaseUrls) -> Iterator[ChildProcesses]:
    """The HTTP server, as long as this lasts: until SIGINT or SIGTERM ends it, which is no error."""
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
    """Look after the children; `ready` is called when the server answers. A worker that breaks down is started again.

    Raises:
        Failed: the server ended by itself.
    """
    answered = False
    while True:
        if not answered and _answers(settings):
            answered = True
            ready()
        ended = children.ended()
        if ended is not None and ended.name == SERVER:
            raise CommandError(f"the HTTP server ended by itself (exit {ended.code}): its log says why")
        if ended is not None:
            console.print(f"the worker broke down (exit {ended.code}) and is started again")
            time.sleep(RESTART_DELAY_SECONDS)
            children.start(WORKER, *WORKER_MODULE)
        time.sleep(0.2)


def _answers(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  (anywhere is here too)
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
