"""The job queue: no rolled-back job exists, jobs of killed workers are retried, failing jobs wait for an operator."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from attrs import define, field
from procrastinate.exceptions import AlreadyEnqueued
from typer.testing import CliRunner, Result

from entrypoints.commands import app as commands
from entrypoints.jobs.queue import MAX_RETRIES, SCHEDULE, Jobs, make_app, register
from entrypoints.use_case_registry import use_case_classes
from portal_core.access.use_cases.expire_grants import ExpireGrants
from portal_core.appointments.use_cases.delete_expired_holds import DeleteExpiredHolds
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.notices import Notice
from portal_core.notifications.model import JOB_LOST_AFTER
from portal_core.notifications.use_cases.sweep_notices import SweepNotices
from tests.support.engine.killable_worker import Step, WorkerRun, run_worker
from tests.support.engine.postgres import PortalDatabase
from tests.support.http.running_portal import RunningPortal, running
from tests.support.notifications.postgres_world import PostgresNotificationsWorld

Rows = list[tuple[Any, ...]]


@pytest_asyncio.fixture
async def portal(database: PortalDatabase, tmp_path: Path) -> AsyncIterator[RunningPortal]:
    async with running(database, tmp_path) as opened:
        yield opened


@pytest.fixture
def no_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disables scheduled jobs: jobs run only because they were deferred."""
    monkeypatch.setattr("entrypoints.jobs.queue.SCHEDULE", {})


def queued(database: PortalDatabase) -> Rows:
    """The queue without scheduled jobs."""
    return database.owner.execute(
        "SELECT task_name, status, args FROM jobs.procrastinate_jobs WHERE args ? 'practice_id' ORDER BY id"
    ).fetchall()


async def work(database: PortalDatabase, jobs: Jobs, *first: str) -> None:
    """Run a worker in this process until no job is left; the jobs `first` are queued as the scheduler would."""
    app = make_app(database.worker_dsn)
    register(app, jobs)
    async with app.open_async():
        for name in first:
            with suppress(AlreadyEnqueued):  # the scheduler queued it
                await app.configure_task(name).defer_async(timestamp=0)
        await app.run_worker_async(wait=False, install_signal_handlers=False)


@define
class Broken:
    """A use case that fails until repaired, or for one practice only. Records its callers."""

    broken: bool = True
    only: UUID | None = None
    called: list[UUID] = field(factory=list)

    async def __call__(self, actor: SystemActor) -> None:
        self.called.append(actor.practice_id)
        if self.broken and self.only in (None, actor.practice_id):
            raise RuntimeError("ann@example.org cannot be read")


async def test_job_of_rolled_back_transaction_does_not_exist(portal: RunningPortal) -> None:
    practice_id = await portal.practice()
    system, begin = portal.system(practice_id), portal.portal.parts.begin()
    async with begin(system) as unit:
        await unit.outbox.defer(DeleteExpiredHolds)
    with pytest.raises(RuntimeError):
        async with begin(system) as unit:
            await unit.outbox.defer(DeleteExpiredHolds)
            raise RuntimeError
    assert queued(portal.database) == []
    async with begin(system) as unit:
        await unit.outbox.defer(DeleteExpiredHolds)
        assert queued(portal.database) == []
        await unit.commit(None)
    assert queued(portal.database) == [("delete_expired_holds", "todo", {"practice_id": str(practice_id)})]


@pytest.mark.usefixtures("no_schedule")
async def test_workers_share_the_queue_and_run_each_job_once(portal: RunningPortal) -> None:
    practices = [await portal.practice(slug) for slug in ("ash", "elm", "oak")]
    for practice_id in practices * 2:
        await defer(portal, practice_id)
    use_case = Broken(broken=False)
    jobs = Jobs({"delete_expired_holds": use_case}, portal.portal.practice_ids, {})
    await asyncio.gather(*(work(portal.database, jobs) for _ in range(2)))
    assert sorted(use_case.called) == sorted(practices * 2)
    assert queued(portal.database) == []


@pytest.mark.usefixtures("no_schedule")
async def test_failing_job_ends_dead_and_can_be_replayed(
    portal: RunningPortal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database = portal.database
    practice_id = await portal.practice()
    await defer(portal, practice_id)
    use_case = Broken()
    jobs = Jobs({"delete_expired_holds": use_case}, portal.portal.practice_ids, {})
    waits = 0
    while queued(database)[0][1] == "todo":
        await work(database, jobs)
        # The retry delay has passed.
        waits += database.owner.execute(
            "UPDATE jobs.procrastinate_jobs SET scheduled_at = now() - interval '1 second'"
            " WHERE status = 'todo' AND task_name = 'delete_expired_holds'"
        ).rowcount
    assert queued(database) == [("delete_expired_holds", "failed", {"practice_id": str(practice_id)})]
    assert (len(use_case.called), waits) == (8, 7)
    await work(database, jobs)
    assert len(use_case.called) == 8

    for name, url in (
        ("DATABASE_URL", database.app_dsn),
        ("WORKER_DATABASE_URL", database.worker_dsn),
        ("OWNER_DATABASE_URL", database.app_dsn),
        ("DATA_DIR", str(tmp_path)),
    ):
        monkeypatch.setenv(f"PORTAL_{name}", url)
    listed = (await portal_command("jobs", "dead")).stdout
    (job_id,) = [line.split()[0] for line in listed.splitlines() if "delete_expired_holds" in line]
    assert str(practice_id) in listed
    assert "ann@example.org" not in listed
    assert (await portal_command("jobs", "retry", job_id)).exit_code == 0
    use_case.broken = False
    await work(database, jobs)
    assert len(use_case.called) == 9
    assert queued(database) == []
    assert "0 dead jobs" in (await portal_command("jobs", "dead")).stdout
    assert (await portal_command("jobs", "retry", job_id)).exit_code != 0


async def test_job_of_killed_worker_is_run_by_another(database: PortalDatabase, tmp_path: Path) -> None:
    """Runs workers in separate processes. The job queues a notice whose own job was lost."""
    database.owner.execute("SET search_path = jobs")  # procrastinate's triggers name no schema
    world = await PostgresNotificationsWorld.open(database)
    notice_id = await world.notify(Notice("no_such_kind", "service"))
    database.owner.execute("DELETE FROM jobs.procrastinate_jobs")
    world.clock.advance(JOB_LOST_AFTER)
    async with world.begin(world.system) as unit:
        await unit.outbox.defer(SweepNotices)
        await unit.commit(None)

    def worker_run(*first: str, crash_at: Step | None = None) -> WorkerRun:
        return WorkerRun(
            database.app_dsn, database.worker_dsn, tmp_path, world.clock.now(), "http://nobody.invalid", first, crash_at
        )

    killed = await run_worker(worker_run(crash_at=Step("sweep_notices", "before unit.commit")))
    assert killed == -signal.SIGKILL
    # Nobody takes its job until it counts as stalled.
    heartbeat("+1 day", database)
    assert await run_worker(worker_run("retry_stalled_jobs")) == 0
    assert [(name, status) for name, status, _ in queued(database)] == [("sweep_notices", "doing")]
    heartbeat("-1 day", database)
    assert await run_worker(worker_run("retry_stalled_jobs")) == 0
    assert queued(database) == []
    assert (await world.notice(notice_id)).state == "dead"  # it was delivered, as far as such a kind can be


@pytest.mark.usefixtures("no_schedule")
async def test_job_that_kills_every_worker_ends_dead(portal: RunningPortal) -> None:
    practice_id = await portal.practice()
    await defer(portal, practice_id)
    await defer(portal, practice_id, ExpireGrants)
    # Both were started by workers that are gone, the first for the eighth time.
    for name, attempts in (("delete_expired_holds", MAX_RETRIES), ("expire_grants", MAX_RETRIES - 1)):
        portal.database.owner.execute(
            "UPDATE jobs.procrastinate_jobs SET status = 'doing', attempts = %s WHERE task_name = %s", (attempts, name)
        )
    use_case = Broken(broken=False)
    jobs = Jobs({"delete_expired_holds": use_case, "expire_grants": use_case}, portal.portal.practice_ids, {})
    await work(portal.database, jobs, "retry_stalled_jobs")
    assert queued(portal.database) == [("delete_expired_holds", "failed", {"practice_id": str(practice_id)})]
    assert use_case.called == [practice_id]


@pytest.mark.usefixtures("no_schedule")
async def test_scheduled_job_of_a_killed_worker_does_not_stop_its_successors(
    portal: RunningPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schedule queues it again before it counts as stalled. Until that ends, no other may begin."""
    practice_id = await portal.practice()
    monkeypatch.setattr("entrypoints.jobs.queue.SCHEDULE", {"expire_grants": "0 0 1 1 *"})
    use_case = Broken(broken=False)
    jobs = Jobs({"expire_grants": use_case, "delete_expired_holds": use_case}, portal.portal.practice_ids, {})
    app = make_app(portal.database.worker_dsn)
    register(app, jobs)
    async with app.open_async():
        await app.configure_task("expire_grants:all").defer_async(timestamp=0)
        await defer(portal, practice_id)
        portal.database.owner.execute("UPDATE jobs.procrastinate_jobs SET status = 'doing'")
        await app.configure_task("expire_grants:all").defer_async(timestamp=60)
    await work(portal.database, jobs, "retry_stalled_jobs")
    assert use_case.called == [practice_id, practice_id]
    left = portal.database.owner.execute("SELECT task_name, status FROM jobs.procrastinate_jobs").fetchall()
    assert left == []


async def test_scheduled_job_runs_once_for_every_practice(portal: RunningPortal) -> None:
    """The failure for one practice does not delay the others."""
    practices = [await portal.practice(slug) for slug in ("ash", "elm", "oak")]
    assert sorted(await portal.portal.practice_ids()) == sorted(practices)
    first = (await portal.portal.practice_ids())[0]
    use_case = Broken(only=first)
    jobs = Jobs({"sweep_notices": use_case}, portal.portal.practice_ids, {})
    with pytest.raises(RuntimeError):
        await jobs.run_for_all_practices("sweep_notices")
    assert sorted(use_case.called) == sorted(practices)
    # A worker only logs the failure: the schedule retries it, and nobody has to replay it.
    await work(portal.database, jobs, "sweep_notices:all")
    assert set(use_case.called[3:]) == set(practices)
    dead = portal.database.owner.execute("SELECT 1 FROM jobs.procrastinate_jobs WHERE status = 'failed'").fetchall()
    assert dead == []


async def test_scheduled_use_cases_run_when_there_is_nothing_to_do(portal: RunningPortal) -> None:
    await portal.practice("ash")
    await portal.practice("oak")
    assert sorted(portal.jobs.scheduled) == sorted(SCHEDULE)
    for name in portal.jobs.scheduled:
        await portal.jobs.run_for_all_practices(name)


async def test_use_cases_are_registered_as_tasks_and_schedules(portal: RunningPortal) -> None:
    app = make_app(portal.database.worker_dsn)
    register(app, portal.jobs)
    assert set(use_case_classes()) <= set(app.tasks)
    crons = {periodic.task.name: periodic.cron for periodic in app.periodic_registry.periodic_tasks.values()}
    assert {name: crons[f"{name}:all"] for name in SCHEDULE} == SCHEDULE
    assert crons.keys() == {f"{name}:all" for name in SCHEDULE} | portal.jobs.maintenance.keys() | {
        "retry_stalled_jobs"
    }


async def defer(portal: RunningPortal, practice_id: UUID, job: type[Any] = DeleteExpiredHolds) -> None:
    async with portal.portal.parts.begin()(portal.system(practice_id)) as unit:
        await unit.outbox.defer(job)
        await unit.commit(None)


def heartbeat(ago: str, database: PortalDatabase) -> None:
    """Set every worker's last heartbeat to this long ago."""
    database.owner.execute("UPDATE jobs.procrastinate_workers SET last_heartbeat = now() + %s::interval", (ago,))


async def portal_command(*words: str) -> Result:
    """Run an operator's command in a thread, since it starts its own event loop."""
    return await asyncio.to_thread(CliRunner().invoke, commands, list(words))
