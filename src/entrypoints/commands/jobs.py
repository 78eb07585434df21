"""`portal jobs`: run a job now, list dead jobs, and retry them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from entrypoints.commands import app
from entrypoints.commands.context import connect_queue, quiet_logs, settings_or_fail, with_portal
from entrypoints.errors import CommandError
from entrypoints.processes import Database

if TYPE_CHECKING:
    from procrastinate import App

    from entrypoints.container import Portal

jobs = typer.Typer(no_args_is_help=True, help="The job queue.")
app.add_typer(jobs, name="jobs")


@jobs.command()
def run(
    name: Annotated[str, typer.Argument(help="A scheduled job, such as send_appointment_reminders.")],
) -> None:
    """Run a scheduled job now, in this process, for all practices."""

    async def work(portal: "Portal") -> None:
        from entrypoints.worker import build_jobs

        queue = build_jobs(portal)
        if name in queue.maintenance:
            await queue.maintenance[name]()
        elif name in queue.scheduled:
            await queue.run_for_all_practices(name)
        else:
            known = ", ".join(sorted([*queue.maintenance, *queue.scheduled]))
            raise CommandError(f"no scheduled job {name}; choose one of: {known}")
        typer.echo(f"{name}: done")

    with_portal(work)


@jobs.command()
def dead() -> None:
    """List jobs that failed for good. The practice API lists undelivered notices."""

    async def work(queue: "App") -> None:
        from procrastinate.jobs import Status

        found = list(await queue.job_manager.list_jobs_async(status=Status.FAILED.value))
        for job in found:
            typer.echo(f"{job.id}  {job.task_name}  {job.attempts} attempts  {job.task_kwargs}")
        typer.echo(f"{len(found)} dead jobs")

    _with_queue(work)


@jobs.command()
def retry(job_id: Annotated[int, typer.Argument(help="The job's id, as listed by `portal jobs dead`.")]) -> None:
    """Queue a dead job again, for one more attempt."""

    async def work(queue: "App") -> None:
        from procrastinate.jobs import Status

        from adapters.local.sources import SystemClock

        found = list(await queue.job_manager.list_jobs_async(id=job_id, status=Status.FAILED.value))
        if not found:
            raise CommandError(f"there is no dead job {job_id}: portal jobs dead lists them")
        await queue.job_manager.retry_job_by_id_async(job_id, retry_at=SystemClock().now())
        typer.echo(f"job {job_id} is queued again")

    _with_queue(work)


def _with_queue(work: "Callable[[App], Awaitable[None]]") -> None:
    settings = settings_or_fail("worker_database_url")
    quiet_logs(settings)
    with Database(settings) as urls:

        async def run_it() -> None:
            async with connect_queue(settings, urls) as queue:
                await work(queue)

        asyncio.run(run_it())
