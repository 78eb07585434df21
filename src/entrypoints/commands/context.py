"""Shared code of the commands: checked settings, a database connection, and the portal over it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from entrypoints.errors import CommandError
from entrypoints.processes import Database, DatabaseUrls
from entrypoints.settings import Settings, level_of, load, settings_problems

if TYPE_CHECKING:
    from procrastinate import App

    from entrypoints.container import Portal

T = TypeVar("T")
console = Console(stderr=True, highlight=False)


def settings_or_fail(*urls: str) -> Settings:
    """Return the checked settings of this process. `urls` names the database URLs that the command needs in addition.

    Raises:
        SettingsError: a value cannot be read.
        CommandError: a setting is malformed, or one that the chosen parts need is missing.
    """
    settings = load()
    gaps = settings_problems(settings)
    if not settings.embedded_database:
        gaps += [f"PORTAL_{name.upper()} is required for this command" for name in urls if not getattr(settings, name)]
    if gaps:
        raise CommandError(gaps[0] + ("" if len(gaps) == 1 else f" (and {len(gaps) - 1} more: portal config check)"))
    return settings


def quiet_logs(settings: Settings) -> None:
    """Log errors only, for commands that print their own output."""
    full_logs(settings, at_least=logging.ERROR)


def full_logs(settings: Settings, *, at_least: int = 0) -> None:
    """Log at the configured level, for long-running processes, but never below `at_least`."""
    from entrypoints.observability.logs import configure_logging

    configure_logging(json=settings.log_format == "json", level=max(level_of(settings), at_least))


def progress_bar(description: str) -> Progress:
    """Create a progress bar on standard error, which is shown only in a terminal."""
    columns = (TextColumn(description), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def migrate_with_progress(urls: DatabaseUrls) -> list[str]:
    """Migrate the database, and return the names of the revisions that were applied.

    Raises:
        CommandError: the database does not respond, or the role lacks the rights.
    """
    from adapters.local.sources import SystemClock
    from adapters.postgres.engine.migrate import MigrationFailed, migrate

    today = SystemClock().now().date()
    try:
        with progress_bar("migrating") as progress:
            task = progress.add_task("migrating", total=None)

            def step(_name: str, done: int, of: int) -> None:
                progress.update(task, completed=done, total=of)

            return migrate(urls.owner, today, step=step)
    except MigrationFailed as error:
        raise CommandError(f"the database cannot be migrated: {error}") from None


def with_portal(work: "Callable[[Portal], Awaitable[T]]") -> T:
    """Run `work` with the portal over the configured database, whether or not a portal is already running.

    Raises:
        CommandError: the database does not respond, or has not been migrated.
    """
    settings = settings_or_fail()
    quiet_logs(settings)
    with Database(settings) as urls:

        async def run() -> T:
            async with connect_portal(settings, urls) as portal:
                return await work(portal)

        return asyncio.run(run())


@asynccontextmanager
async def connect_portal(settings: Settings, urls: DatabaseUrls) -> "AsyncIterator[Portal]":
    """Open the portal over a running database.

    Raises:
        CommandError: the database does not respond, or has not been migrated.
    """
    from entrypoints.container import open_portal

    async with AsyncExitStack() as stack:
        with database_or_fail(settings):
            portal = await stack.enter_async_context(open_portal(settings, urls.app))
            await portal.practice_ids()
        yield portal


@asynccontextmanager
async def connect_queue(settings: Settings, urls: DatabaseUrls) -> "AsyncIterator[App]":
    """Open the job queue over a running database.

    Raises:
        CommandError: the database does not respond, or has not been migrated.
    """
    from adapters.postgres.engine.installation import server_version
    from entrypoints.jobs.queue import make_app

    with database_or_fail(settings):  # procrastinate would retry for half a minute, with a less clear error
        await server_version(urls.worker, "worker")
    queue = make_app(urls.worker)
    async with queue.open_async():
        yield queue


@contextmanager
def database_or_fail(settings: Settings) -> Iterator[None]:
    """Wrap the first access to a database, to report connection errors in one line.

    Raises:
        CommandError: the database does not respond, or has not been migrated.
    """
    from adapters.postgres.engine.outages import (
        DATABASE_MISSING_ERRORS,
        NOT_MIGRATED_ERRORS,
        OUTAGE_ERRORS,
        ROLE_REJECTED_ERRORS,
    )

    nothing_there, refused = NOT_MIGRATED_ERRORS, ROLE_REJECTED_ERRORS
    if settings.embedded_database:  # it has no passwords, so a rejected role means that it was never migrated
        nothing_there, refused = nothing_there + refused, ()
    try:
        yield
    except nothing_there:
        raise CommandError("the database has not been migrated: run portal migrate") from None
    except (*OUTAGE_ERRORS, *refused, *DATABASE_MISSING_ERRORS) as error:
        raise CommandError(f"the database does not respond: {connection_failure_reason(error)}") from None


def connection_failure_reason(error: BaseException) -> str:
    """Return the reason for a failed connection, without secrets. Unknown errors are reduced to their class name.

    The message of an unknown error could hold part of a connection URL.
    """
    from adapters.postgres.engine.outages import SERVER_ERRORS

    if isinstance(error, (CommandError, *SERVER_ERRORS)):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    cause = error.__cause__ or error
    code = getattr(cause, "response", {}).get("Error", {}).get("Code")  # of botocore's ClientError
    return f"{type(cause).__name__} {code}" if code else type(cause).__name__
