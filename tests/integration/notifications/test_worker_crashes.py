"""Workers killed with SIGKILL between any two steps of a delivery, and what the next workers do.

The rule is in SPEC 3.3: mail has no exactly-once delivery. A reminder is never sent twice, security notices are sent
again, and every notice not known to be sent is listed for an operator.
"""

import asyncio
import json
import os
import queue
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from attrs import define, field, frozen

from portal_core.kernel.notices import Notice, NoticeClass
from portal_core.kernel.page import PageRequest
from portal_core.notifications.model import INITIAL_RETRY_DELAY, JOB_LOST_AFTER, MAX_RETRY_DELAY
from portal_core.notifications.use_cases.replay_notice import ReplayNotice
from tests.support.engine.killable_worker import Step, WorkerRun, exit_code_of, run_worker, start
from tests.support.engine.postgres import PortalDatabase
from tests.support.notifications.postgres_world import PostgresNotificationsWorld

CLASSES: tuple[NoticeClass, ...] = ("reminder", "service", "security", "safety")
PROTECTING = ("security", "safety")


@define
class FakeSes:
    """SES over HTTP. Counts accepted mails by notice; a worker in `victims` is killed before the response."""

    taken: Counter[UUID] = field(factory=Counter)
    victims: "queue.Queue[int]" = field(factory=queue.Queue)
    deadly: bool = False
    url: str = ""

    def take(self, request: dict[str, Any]) -> bytes | None:
        """The response; None when the caller was killed."""
        self.taken[UUID(request["EmailTags"][0]["Value"])] += 1
        if self.deadly:
            os.kill(self.victims.get(timeout=30), signal.SIGKILL)
            return None
        return json.dumps({"MessageId": f"vendor-{self.taken.total()}"}).encode()


@pytest.fixture
def vendor() -> Iterator[FakeSes]:
    made = FakeSes()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = made.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if answer is None:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@define
class Deployment:
    """One practice, its queue, and workers that start and stop."""

    world: PostgresNotificationsWorld
    folder: Path
    vendor: FakeSes

    def worker_run(self, *first: str, crash_at: Step | None = None) -> WorkerRun:
        database = self.world.database
        at = self.world.clock.now()
        return WorkerRun(database.app_dsn, database.worker_dsn, self.folder, at, self.vendor.url, first, crash_at)

    async def tell(self, *classes: NoticeClass) -> list[UUID]:
        account = await self.world.add_account("a@example.org")
        return [await self.world.notify(Notice("account_closed", one, to_account=account)) for one in classes]

    async def recover(self) -> None:
        """Advance the clock, start another worker, and run the scheduled jobs."""
        self.world.clock.advance(JOB_LOST_AFTER)
        self.world.database.owner.execute(
            "UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 day'"
        )
        assert await run_worker(self.worker_run("retry_stalled_jobs", "sweep_notices:all")) == 0
        self.world.clock.advance(INITIAL_RETRY_DELAY)
        assert await run_worker(self.worker_run("sweep_notices:all")) == 0

    async def failed(self) -> set[UUID]:
        async with self.world.begin(self.world.system) as unit:
            return {one.id for one in (await unit.notices.failed(PageRequest())).items}

    async def state(self, notice_id: UUID) -> str:
        return (await self.world.notice(notice_id)).state

    def jobs_left(self) -> list[Any]:
        return self.world.database.owner.execute(
            "SELECT status, args FROM jobs.procrastinate_jobs WHERE task_name = 'deliver_notice'"
        ).fetchall()


@pytest_asyncio.fixture
async def deployment(database: PortalDatabase, tmp_path: Path, vendor: FakeSes) -> Deployment:
    database.owner.execute("SET search_path = jobs")  # procrastinate's triggers name no schema
    return Deployment(await PostgresNotificationsWorld.open(database), tmp_path, vendor)


@frozen
class CrashCase:
    """Where the worker is killed (None: during the vendor's call), how many mails the vendor has accepted by then, and
    whether the row records only that a worker claimed it."""

    step: Step | None
    taken: int
    in_doubt: bool


def at(name: str, number: int = 1) -> Step:
    return Step("deliver_notice", name, number)


CRASH_CASES = {
    "taken from the queue, nothing claimed": CrashCase(at("begin"), taken=0, in_doubt=False),
    "claimed, not committed": CrashCase(at("after unit.notices.claim"), taken=0, in_doubt=False),
    "planned, not committed": CrashCase(at("before unit.commit"), taken=0, in_doubt=False),
    "claimed, before the vendor": CrashCase(at("after unit.commit"), taken=0, in_doubt=True),
    "inside the vendor's call": CrashCase(None, taken=1, in_doubt=True),
    "the vendor answered, before the settlement": CrashCase(at("begin", 2), taken=1, in_doubt=True),
    "settled, not committed": CrashCase(at("before unit.commit", 2), taken=1, in_doubt=True),
    "settled, the job not yet done": CrashCase(at("after unit.commit", 2), taken=1, in_doubt=False),
}


@pytest.mark.parametrize("crash", CRASH_CASES.values(), ids=CRASH_CASES)
async def test_delivery_after_a_worker_is_killed(deployment: Deployment, crash: CrashCase) -> None:
    vendor, world = deployment.vendor, deployment.world
    notices = dict(zip(CLASSES, await deployment.tell(*CLASSES), strict=True))
    vendor.deadly = crash.step is None
    for _ in CLASSES:  # each worker takes the next notice and is killed
        process = start(deployment.worker_run(crash_at=crash.step))
        assert process.pid is not None
        vendor.victims.put(process.pid)
        assert await exit_code_of(process) == -signal.SIGKILL
        if not vendor.deadly:
            vendor.victims.get()
    vendor.deadly = False
    assert {vendor.taken[one] for one in notices.values()} == {crash.taken}
    assert [status for status, _ in deployment.jobs_left()] == ["doing"] * 4

    await deployment.recover()
    for notice_class, notice_id in notices.items():
        if not crash.in_doubt:
            assert (await deployment.state(notice_id), vendor.taken[notice_id]) == ("sent", 1), notice_class
        elif notice_class in PROTECTING:
            assert (await deployment.state(notice_id), vendor.taken[notice_id]) == ("sent", crash.taken + 1)
        else:
            assert (await deployment.state(notice_id), vendor.taken[notice_id]) == ("uncertain", crash.taken)
    doubtful = {notices["reminder"], notices["service"]} if crash.in_doubt else set()
    assert await deployment.failed() == doubtful
    assert deployment.jobs_left() == []

    # However often and late they run, nothing else happens without an operator ...
    known = dict(vendor.taken)
    world.clock.advance(MAX_RETRY_DELAY)
    assert await run_worker(deployment.worker_run("retry_stalled_jobs", "sweep_notices:all")) == 0
    assert dict(vendor.taken) == known
    # ... and an operator who replays a reminder sends exactly that one.
    for notice_id in doubtful:
        await ReplayNotice(world.begin, world.clock)(world.system, notice_id)
    assert await run_worker(deployment.worker_run()) == 0
    assert {await deployment.state(one) for one in notices.values()} == {"sent"}
    for notice_id in doubtful:
        assert vendor.taken[notice_id] == crash.taken + 1


async def test_delivery_recovers_when_the_queue_loses_its_jobs(deployment: Deployment) -> None:
    """The notices' own rows are sufficient."""
    notices = await deployment.tell(*CLASSES)
    assert await run_worker(deployment.worker_run(crash_at=at("begin"))) == -signal.SIGKILL
    deployment.world.database.owner.execute("TRUNCATE jobs.procrastinate_jobs CASCADE")
    await deployment.recover()
    assert deployment.vendor.taken == Counter(notices)
    assert {await deployment.state(one) for one in notices} == {"sent"}


async def test_delivery_recovers_from_a_killed_sweep(deployment: Deployment) -> None:
    """Before its commit it has queued nothing; after it, the jobs exist."""
    notices = await deployment.tell("reminder", "security")
    deployment.world.database.owner.execute("TRUNCATE jobs.procrastinate_jobs CASCADE")
    for step, enqueued in (("before unit.commit", 0), ("after unit.commit", 2)):
        deployment.world.clock.advance(JOB_LOST_AFTER)
        crash_at = Step("sweep_notices", step)
        assert await run_worker(deployment.worker_run("sweep_notices:all", crash_at=crash_at)) == -signal.SIGKILL
        assert len(deployment.jobs_left()) == enqueued
        deployment.world.database.owner.execute("DELETE FROM jobs.procrastinate_jobs WHERE status = 'doing'")
    await deployment.recover()
    assert deployment.vendor.taken == Counter(notices)


async def test_concurrent_workers_send_each_notice_once(deployment: Deployment) -> None:
    notices = await deployment.tell(*CLASSES, *CLASSES, *CLASSES)
    workers = [start(deployment.worker_run("sweep_notices:all")) for _ in range(3)]
    assert await asyncio.gather(*map(exit_code_of, workers)) == [0, 0, 0]
    assert deployment.vendor.taken == Counter(notices)
    assert {await deployment.state(one) for one in notices} == {"sent"}
