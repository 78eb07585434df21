"""The job queue: procrastinate, with its tables in the schema `jobs`.

Every use case can run as a job under its own name: the outbox defers it with ids, and the worker calls it as the
practice's system actor. `SCHEDULE` lists the use cases that run periodically, each for every practice.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from attrs import define
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import UniqueViolation
from procrastinate.job_context import JobContext
from procrastinate.jobs import Status

from adapters.postgres.engine.database_url import complete_url
from entrypoints.jobs.events import SUBSCRIBERS
from entrypoints.use_case_registry import job_arguments, job_ids, use_case_classes
from portal_core.kernel.actor import Origin, SystemActor
from portal_core.kernel.outbox import job_name

QUEUE = "portal"
MAX_RETRIES = 7
"""After the first attempt and this many retries a job is dead, and waits for an operator (`portal jobs`). An attempt
that crashed its worker counts too."""
RETRY = RetryStrategy(max_attempts=MAX_RETRIES, exponential_wait=4)
"""Waits 4, 16, 64 … seconds between attempts."""

SCHEDULE: dict[str, str] = {
    "sweep_notices": "* * * * *",
    "send_appointment_reminders": "* * * * *",
    "advance_expired_offers": "* * * * *",
    "delete_expired_holds": "*/10 * * * *",
    "correct_appointment_times": "15 8 * * *",
    "expire_grants": "*/15 * * * *",
    "check_due_files": "* * * * *",
    "delete_discarded_content": "*/15 * * * *",
    "finish_password_resets": "* * * * *",
}
"""Use case to cron expression (UTC). Each one handles everything that is due by then, so a missed run does no harm."""


@define
class Jobs:
    """Runs use cases as jobs. `practices` lists the practices' ids; `maintenance` are jobs for the whole deployment."""

    use_cases: dict[str, Any]
    practices: Callable[[], Awaitable[list[UUID]]]
    maintenance: dict[str, Callable[[], Awaitable[Any]]]

    @property
    def scheduled(self) -> list[str]:
        """The use cases that run periodically."""
        return [name for name in SCHEDULE if name in self.use_cases]

    async def run(self, name: str, practice_id: UUID, ids: dict[str, str], request_id: str = "") -> None:
        """Run one use case for one practice."""
        actor = SystemActor(practice_id, name, Origin(request_id=request_id))
        await self.use_cases[name](actor, *job_arguments(use_case_classes()[name], ids))

    async def run_for_all_practices(self, name: str) -> None:
        """Run one scheduled use case for every practice. If it fails for one, it still runs for the others.

        Raises:
            Exception: the first failure, after all practices.
        """
        failed: list[BaseException] = []
        for practice_id in await self.practices():
            try:
                await self.run(name, practice_id, {})
            except Exception as error:
                structlog.get_logger().exception("job.failed", job=name, practice_id=practice_id)
                failed.append(error)
        if failed:
            raise failed[0]


def make_app(conninfo: str) -> App:
    """Create the queue over a database. `conninfo` is a libpq URL for the worker role."""
    return App(
        connector=PsycopgConnector(conninfo=complete_url(conninfo), min_size=1, max_size=4),
        worker_defaults={"queues": [QUEUE], "delete_jobs": "successful", "fetch_job_polling_interval": 5.0},
    )


def register(app: App, jobs: Jobs) -> None:
    """Register every use case as a task, and schedule the periodic ones."""
    for name in use_case_classes():
        app.task(name=name, queue=QUEUE, retry=RETRY, pass_context=True)(_task(jobs, name))
    for event, subscribers in SUBSCRIBERS.items():
        app.task(name=job_name(event), queue=QUEUE, retry=RETRY)(_fan_out(app, subscribers))
    for name in jobs.scheduled:
        for_all_practices = _log_failures(name, partial(jobs.run_for_all_practices, name))
        app.periodic(cron=SCHEDULE[name])(
            app.task(name=f"{name}:all", queue=QUEUE, queueing_lock=name, lock=name)(for_all_practices)
        )
    maintenance = {name: ("*/5 * * * *", run_task) for name, run_task in jobs.maintenance.items()}
    maintenance["retry_stalled_jobs"] = ("*/2 * * * *", partial(_retry_stalled_jobs, app))
    for name, (cron, run_task) in maintenance.items():
        app.periodic(cron=cron)(app.task(name=name, queue=QUEUE, queueing_lock=name)(_log_failures(name, run_task)))


async def _retry_stalled_jobs(app: App) -> None:
    """Retry the jobs of a crashed worker, up to `MAX_RETRIES`, because the job itself may have caused the crash."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=60):
        if job.attempts < MAX_RETRIES:
            try:
                await app.job_manager.retry_job(job)
            except UniqueViolation:  # the schedule has queued it again, and it waits for this one to end
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        else:
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)


def _task(jobs: Jobs, name: str) -> Callable[..., Awaitable[None]]:
    async def run(context: JobContext, practice_id: str, **ids: str) -> None:
        await jobs.run(name, UUID(practice_id), ids, f"job-{context.job.id}")

    return run


def _fan_out(app: App, subscribers: tuple[type[Any], ...]) -> Callable[..., Awaitable[None]]:
    """Defer each subscriber whose ids the event has."""

    async def run(practice_id: str, **ids: str) -> None:
        for subscriber in subscribers:
            wanted = job_ids(subscriber)
            if wanted <= ids.keys():
                task = app.configure_task(job_name(subscriber), queue=QUEUE)
                await task.defer_async(practice_id=practice_id, **{name: ids[name] for name in wanted})

    return run


def _log_failures(name: str, call: Callable[[], Awaitable[Any]]) -> Callable[..., Awaitable[None]]:
    """Wrap a periodic job so that a failure is only logged.

    It runs again on schedule anyway, and a dead job every minute would hide those that need an operator.
    """

    async def run(**_: Any) -> None:
        try:
            await call()
        except Exception:
            structlog.get_logger().exception("job.failed", job=name)

    return run
