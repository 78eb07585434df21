"""The whole portal over a test database, called over HTTP: built by the composition root, with a test clock."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from attrs import define, field
from litestar import Litestar

from entrypoints.application import make_app
from entrypoints.container import Portal, open_portal
from entrypoints.jobs.events import SUBSCRIBERS
from entrypoints.jobs.queue import Jobs
from entrypoints.settings import Settings
from entrypoints.use_case_registry import job_ids
from entrypoints.worker import build_jobs
from portal_core.kernel.actor import Origin, SystemActor
from portal_core.kernel.outbox import job_name
from portal_core.people.use_cases.add_practice import AddPractice, AddPracticeCommand
from tests.support.clock import FixedClock
from tests.support.engine.postgres import PortalDatabase

EVENTS = {job_name(event): subscribers for event, subscribers in SUBSCRIBERS.items()}
CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{8}\b")


@define
class RunningPortal:
    """A running portal. `run_jobs` does the worker's work; `mail` is the mail stored instead of sent, oldest first."""

    database: PortalDatabase
    portal: Portal
    app: Litestar
    clock: FixedClock
    jobs: Jobs = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.jobs = build_jobs(self.portal)
        self.database.owner.execute("SET search_path = jobs")  # procrastinate's triggers name no schema

    @asynccontextmanager
    async def http_client(self, token: str = "", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """An HTTP client of the API, with the bearer token if one is given."""
        more = {"authorization": f"Bearer {token}"} if token else {}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True, client=("203.0.113.7", 4000))  # type: ignore[arg-type]
        async with httpx.AsyncClient(
            transport=transport, base_url="http://portal.example.org", headers={**more, **names}, timeout=60
        ) as client:
            yield client

    async def practice(
        self, slug: str = "elm", *, time_zone: str = "America/New_York", state: str | None = "NY"
    ) -> UUID:
        """Create a practice as an operator does."""
        command = AddPracticeCommand(slug, slug.title(), time_zone, state)
        made = await self.portal.use_case(AddPractice)(Origin(), command)
        return UUID(str(made.id))

    def system(self, practice_id: UUID) -> SystemActor:
        return SystemActor(practice_id, "test")

    async def run_jobs(self) -> int:
        """Run all queued jobs, and those that they queue, until none is left; return how many ran."""
        done = 0
        while True:
            rows = self.database.owner.execute(
                "DELETE FROM jobs.procrastinate_jobs WHERE status = 'todo' RETURNING id, task_name, args"
            ).fetchall()
            if not rows:
                return done
            for _, name, arguments in sorted(rows):
                ids = dict(arguments)
                practice_id = UUID(ids.pop("practice_id"))
                for job, wanted in _jobs(name, ids):
                    await self.jobs.run(job, practice_id, wanted)
                done += 1

    async def mail(self, to: str = "") -> list[Any]:
        kept = await self.portal.parts.captured_mail().latest(1000)
        return [one for one in reversed(kept) if not to or one.to == to]

    async def mailed_code(self, to: str) -> str:
        """Run the jobs, then return the code in the newest mail to an address."""
        await self.run_jobs()
        found = CODE.findall((await self.mail(to))[-1].body)
        assert found, "the newest mail contains no code"
        return str(found[-1])


def _jobs(name: str, ids: dict[str, str]) -> list[tuple[str, dict[str, str]]]:
    """The job itself, or those of an event's subscribers, each with its ids."""
    if name not in EVENTS:
        return [(name, ids)]
    wanted = ((job_name(one), job_ids(one)) for one in EVENTS[name])
    return [(job, {each: ids[each] for each in names}) for job, names in wanted if names <= ids.keys()]


@asynccontextmanager
async def running(database: PortalDatabase, folder: Path, **settings: Any) -> AsyncIterator[RunningPortal]:
    """The portal over the database, on embedded adapters, with the database's clock."""
    chosen = Settings(data_dir=folder, throttle_rate=0, pool_size=10, **settings)
    clock = database.clock
    async with open_portal(chosen, database.app_dsn, clock=clock) as portal:
        yield RunningPortal(database, portal, make_app(portal), clock)
