"""The job queue: procrastinate's engine in the schema `jobs`.

Every use case can be a job under its own name: a use case's outbox defers it with ids, the worker calls it as the
practice's system actor. What runs by the clock is in `SCHEDULE`, once for every practice.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from attrs import define
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.job_context import JobContext
from procrastinate.jobs import Status

from entrypoints.jobs.events import SUBSCRIBERS
from entrypoints.use_case_registry import job_arguments, job_ids, use_case_classes
from portal_core.kernel.actor import Origin, SystemActor
from portal_core.kernel.outbox import job_name

QUEUE = "portal"
MAX_RETRIES = 7
"""After the first try and so many more a job is dead and waits for an operator (`portal jobs`). A try that killed its
worker counts as well."""
RETRY = RetryStrategy(max_attempts=MAX_RETRIES, exponential_wait=4)
"""4, 16, 64 … seconds."""

SCHEDULE: dict[str, str] = {
    "sweep_notices": "* * * * *",
    "send_appointment_reminders": "* * * * *",
    "advance_expired_offers": "* * * * *",
    "delete_expired_holds": "*/10 * * * *",
    "expire_grants": "*/15 * * * *",
    "finish_password_resets": "* * * * *",
}
"""Use case to cron expression (UTC). Each looks for what is due by the Clock, so a missed run is caught up."""

_log = logging.getLogger(__name__)


@define
class Jobs:
    """Calls use cases for jobs. `practices` lists the practices' ids; `maintenance` are jobs of the deployment itself."""

    use_cases: dict[str, Any]
    practices: Callable[[], Awaitable[list[UUID]]]
    maintenance: dict[str, Callable[[], Awaitable[Any]]]

    @property
    def scheduled(self) -> list[str]:
        """The use cases that run by the clock."""
        return [name for name in SCHEDULE if name in self.use_cases]

    async def run(self, name: str, practice_id: UUID, ids: dict[str, str], request_id: str = "") -> None:
        """One use case for one practice."""
        actor = SystemActor(practice_id, name, Origin(request_id=request_id))
        await self.use_cases[name](actor, *job_arguments(use_case_classes()[name], ids))

    async def run_for_all_practices(self, name: str) -> None:
        """One scheduled use case for every practice. One practice's failure does not keep the others waiting."""
        failed: list[BaseException] = []
        for practice_id in await self.practices():
            try:
                await self.run(name, practice_id, {})
            except Exception as error:
                _log.exception("job_failed", extra={"job": name})
                failed.append(error)
        if failed:
            raise failed[0]


def make_app(conninfo: str) -> App:
    """The queue over a database; `conninfo` is a libpq URL of the worker's role."""
    return App(
        connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4),
        worker_defaults={"queues": [QUEUE], "delete_jobs": "successful", "fetch_job_polling_interval": 5.0},
    )


def register(app: App, jobs: Jobs) -> None:
    """Make every use case a task, and put those with a schedule on the clock."""
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
    """Jobs of a worker that died are taken up by another; not for ever, since a job may be what killed it."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=60):
        if job.attempts < MAX_RETRIES:
            await app.job_manager.retry_job(job)
        else:
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)


def _task(jobs: Jobs, name: str) -> Callable[..., Awaitable[None]]:
    async def run(context: JobContext, practice_id: str, **ids: str) -> None:
        await jobs.run(name, UUID(practice_id), ids, f"job-{context.job.id}")

    return run


def _fan_out(app: App, subscribers: tuple[type[Any], ...]) -> Callable[..., Awaitable[None]]:
    """Defers each subscriber that takes no other ids than the event has."""

    async def run(practice_id: str, **ids: str) -> None:
        for subscriber in subscribers:
            wanted = job_ids(subscriber)
            if wanted <= ids.keys():
                task = app.configure_task(job_name(subscriber), queue=QUEUE)
                await task.defer_async(practice_id=practice_id, **{name: ids[name] for name in wanted})

    return run


def _log_failures(name: str, call: Callable[[], Awaitable[Any]]) -> Callable[..., Awaitable[None]]:
    """A job of the clock. It fails in the log alone: the clock runs it again anyhow, and a dead job a minute would bury
    those that wait for somebody."""

    async def run(**_: Any) -> None:
        try:
            await call()
        except Exception:
            _log.exception("job_failed", extra={"job": name})

    return run
