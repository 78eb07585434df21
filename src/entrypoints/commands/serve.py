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
from entrypoints.commands.running import (
    console,
    full_logs,
    migrate_with_bar,
    portal_over,
    queue_over,
    quiet_logs,
    settings_or_fail,
)
from entrypoints.failures import Failed
from entrypoints.processes import (
    APP_URL,
    WORKER_URL,
    Children,
    Database,
    Told,
    Urls,
    die_with_parent,
    end_in_order,
    leave_in_peace,
)
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from entrypoints.demo import Demo

SERVER, WORKER = "the HTTP server", "the worker"
WORKER_MODULE = ("entrypoints.cli", "worker")
AGAIN_AFTER = 5.0
"""Seconds until a worker that broke down is started again."""


@app.command()
def migrate() -> None:
    """Bring the database to the present schema, rights and row-level security."""
    settings = settings_or_fail("owner_database_url")
    quiet_logs(settings)
    with Database(settings) as urls:
        done = migrate_with_bar(urls)
    typer.echo(f"migrated: {', '.join(done)}" if done else "the schema is up to date")


@app.command()
def serve(
    worker: Annotated[bool, typer.Option(help="Run a worker beside the server.")] = True,
) -> None:
    """Serve the HTTP API; with the embedded database, also start and migrate that."""
    end_in_order()
    settings = settings_or_fail(*["worker_database_url"] * worker)
    refuse_busy_port(settings)
    quiet_logs(settings)
    with Database(settings, stays=True) as urls:
        if settings.embedded_database:
            migrate_with_bar(urls)
        asyncio.run(_opens(settings, urls))
        with running(urls) as children:
            if worker:
                children.start(WORKER, *WORKER_MODULE)
            watch(children, settings, ready=lambda: console.print(f"serving {settings.public_url}"))


@app.command(name="worker")
def run_worker() -> None:
    """Run jobs: any number of workers, on any machines."""
    die_with_parent()
    settings = settings_or_fail(*["worker_database_url"] * (WORKER_URL not in os.environ))
    full_logs(settings)
    if WORKER_URL in os.environ:
        asyncio.run(_work(settings, Urls(os.environ[APP_URL], os.environ[WORKER_URL], "")))
        return
    end_in_order()
    with Database(settings) as urls:
        asyncio.run(_work(settings, urls))


@app.command()
def demo() -> None:
    """Run the portal on embedded parts, with a practice to try things out with."""
    end_in_order()
    os.environ.setdefault("PORTAL_LOG_LEVEL", "warning")
    os.environ.setdefault("PORTAL_ACCESS_LOG", "false")
    settings = settings_or_fail()
    if not settings.embedded_database:
        raise Failed("the demo runs on the embedded database: unset PORTAL_DATABASE_URL")
    refuse_busy_port(settings)
    quiet_logs(settings)
    with Database(settings, stays=True) as urls:
        known = _known_demo(settings, urls)
        migrate_with_bar(urls)
        asyncio.run(_opens(settings, urls))
        with console.status("starting the HTTP server and the worker") as turning, running(urls) as children:
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
    from entrypoints.demo import code_at, known_demo

    loaded = known_demo(settings_or_fail().data_dir)
    if loaded is None:
        raise Failed("there is no demo here yet: portal demo")
    typer.echo(code_at(loaded.administrator_secret, SystemClock().now()))


def _known_demo(settings: Settings, urls: Urls) -> "Demo | None":
    """The demo of the data folder; None at the first start, which begins again where an earlier one was broken off."""
    from entrypoints.demo import forget_half_loaded, known_demo

    known = known_demo(settings.data_dir)
    if known is None:
        forget_half_loaded(settings.data_dir, urls.owner)
    return known


async def _load(settings: Settings, urls: Urls) -> "Demo":
    from entrypoints.demo import load_once
    from entrypoints.jobs.queue import register
    from entrypoints.worker import jobs_of

    async with portal_over(settings, urls) as portal, queue_over(settings, urls) as queue:
        register(queue, jobs_of(portal))

        async def work_off() -> None:
            await queue.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)

        return await load_once(portal, settings.data_dir, work_off)


def _greet(settings: Settings, loaded: "Demo") -> None:
    from entrypoints.welcome import welcome

    typer.echo(welcome(settings, loaded))


async def _opens(settings: Settings, urls: Urls) -> None:
    """What stands in the way is said here, once, and not by each of the processes that would meet it."""
    for package in ("granian", "litestar", "uvloop"):
        if importlib.util.find_spec(package) is None:
            raise ModuleNotFoundError(name=package)
    async with portal_over(settings, urls):
        pass


async def _work(settings: Settings, urls: Urls) -> None:
    from entrypoints.worker import work

    async with portal_over(settings, urls) as portal:
        await work(portal, urls.worker)


def refuse_busy_port(settings: Settings) -> None:
    """Raises:
    Failed: somebody listens there already, or we may not.
    """
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Failed(
                f"cannot listen on {settings.netloc} ({error.strerror}): set PORTAL_PORT to a free one"
            ) from None


@contextmanager
def running(urls: Urls) -> Iterator[Children]:
    """The HTTP server, as long as this lasts: until SIGINT or SIGTERM ends it, which is no error."""
    children = Children({APP_URL: urls.app, WORKER_URL: urls.worker})
    try:
        children.start(SERVER, "entrypoints.server")
        yield children
    except (KeyboardInterrupt, Told):
        console.print("stopping")
    finally:
        leave_in_peace()
        children.stop(console.print)


def watch(children: Children, settings: Settings, *, ready: Callable[[], None]) -> None:
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
            raise Failed(f"the HTTP server ended by itself (exit {ended.code}): its log says why")
        if ended is not None:
            console.print(f"the worker broke down (exit {ended.code}) and is started again")
            time.sleep(AGAIN_AFTER)
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
