"""What commands share: settings that are whole, a database that is there, and the portal over it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy.exc import OperationalError, ProgrammingError

from adapters.postgres.migrate import migrate
from entrypoints.commands.failures import Failed
from entrypoints.container import Portal, opened
from entrypoints.observability.logs import configure_logging
from entrypoints.processes import Database, Urls
from entrypoints.settings import Settings, level_of, load, missing

T = TypeVar("T")
_NEVER_MIGRATED = (
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedFunctionError,
    asyncpg.InvalidAuthorizationSpecificationError,
)
console = Console(stderr=True, highlight=False)


def settings_or_fail() -> Settings:
    """The settings of this process, whole.

    Raises:
        Failed: something that the chosen parts need is not set.
    """
    settings = load()
    gaps = missing(settings)
    if gaps:
        raise Failed(f"{gaps[0]} (portal config check lists everything)")
    return settings


def quiet_logs(settings: Settings) -> None:
    """For commands, whose own words are their output: warnings and worse only."""
    configure_logging(json=settings.log_format == "json", level=max(level_of(settings), logging.WARNING))


def bar(description: str) -> Progress:
    """A progress bar on standard error."""
    return Progress(TextColumn(description), BarColumn(), MofNCompleteColumn(), console=console, transient=True)


def migrate_with_bar(urls: Urls) -> list[str]:
    """Bring the database up to date.

    Raises:
        Failed: it does not answer, or the role may not.
    """
    from adapters.local.sources import SystemClock

    today = SystemClock().now().date()
    try:
        with bar("migrating") as progress:
            task = progress.add_task("migrating", total=None)

            def step(_name: str, done: int, of: int) -> None:
                progress.update(task, completed=done, total=of)

            return migrate(urls.owner, today, step=step)
    except (OperationalError, ProgrammingError) as error:
        raise Failed(f"the database cannot be migrated: {error.orig}") from None


def with_portal(work: Callable[[Portal], Awaitable[T]]) -> T:
    """Run `work` with the portal over the database of the settings, beside a running portal or alone.

    Raises:
        Failed: the database does not answer, or was never migrated.
    """
    settings = settings_or_fail()
    quiet_logs(settings)
    with Database(settings) as urls:

        async def run() -> T:
            async with _opened(settings, urls) as portal:
                return await work(portal)

        return asyncio.run(run())


@asynccontextmanager
async def _opened(settings: Settings, urls: Urls) -> AsyncIterator[Portal]:
    try:
        async with opened(settings, urls.app) as portal:
            yield portal
    except (
        asyncpg.InvalidSchemaNameError,
        asyncpg.UndefinedFunctionError,
        asyncpg.InvalidAuthorizationSpecificationError,
    ):
        raise Failed("the database was never migrated: portal migrate") from None
    except (asyncpg.CannotConnectNowError, ConnectionError) as error:
        raise Failed(f"the database does not answer: {error}") from None
