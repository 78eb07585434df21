"""`portal jobs`: run one now, see what died, and give it another chance."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from procrastinate import App
from procrastinate.jobs import Status

from adapters.local.sources import SystemClock
from entrypoints.commands import app
from entrypoints.commands.failures import Failed
from entrypoints.commands.running import settings_or_fail, with_portal
from entrypoints.container import Portal
from entrypoints.jobs.queue import make_app
from entrypoints.processes import Database
from entrypoints.worker import jobs_of

jobs = typer.Typer(no_args_is_help=True, help="The job queue.")
app.add_typer(jobs, name="jobs")


@jobs.command()
def run(name: Annotated[str, typer.Argument(help="A job that needs no ids, such as remind_of_appointments.")]) -> None:
    """Run a scheduled job now, in this process, for every practice."""

    async def work(portal: Portal) -> None:
        queue = jobs_of(portal)
        if name in queue.chores:
            await queue.chores[name]()
        elif name in queue.scheduled:
            await queue.run_everywhere(name)
        else:
            raise Failed(f"no job {name}; there are {', '.join(sorted([*queue.chores, *queue.scheduled]))}")
        typer.echo(f"{name}: done")

    with_portal(work)


@jobs.command()
def dead() -> None:
    """List jobs that were given up. Undelivered notices are listed by the practice's API."""

    async def work(queue: App) -> None:
        found = list(await queue.job_manager.list_jobs_async(status=Status.FAILED.value))
        for job in found:
            typer.echo(f"{job.id}  {job.task_name}  {job.attempts} tries  {job.task_kwargs}")
        typer.echo(f"{len(found)} dead")

    _with_queue(work)


@jobs.command()
def retry(job_id: Annotated[int, typer.Argument(help="As `portal jobs dead` lists it.")]) -> None:
    """Queue a dead job again, for one more try."""

    async def work(queue: App) -> None:
        found = list(await queue.job_manager.list_jobs_async(id=job_id, status=Status.FAILED.value))
        if not found:
            raise Failed(f"no dead job {job_id}")
        await queue.job_manager.retry_job_by_id_async(job_id, retry_at=SystemClock().now())
        typer.echo(f"{job_id} is queued again")

    _with_queue(work)


def _with_queue(work: Callable[[App], Awaitable[None]]) -> None:
    async def run_it(url: str) -> None:
        queue = make_app(url)
        async with queue.open_async():
            await work(queue)

    settings = settings_or_fail()
    with Database(settings) as urls:
        asyncio.run(run_it(urls.worker))
