"""The whole portal over a test's database, used over HTTP: the real composition root, with a test clock."""

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
from entrypoints.jobs.queue import Jobs
from entrypoints.settings import Settings
from entrypoints.worker import build_jobs
from portal_core.kernel.actor import Origin, SystemActor
from portal_core.people.use_cases.add_practice import AddPractice, AddPracticeCommand
from tests.support.clock import FixedClock
from tests.support.engine.postgres import PortalDatabase

CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{8}\b")


@define
class RunningPortal:
    """`run_jobs` does what the worker would; `mail` is what was kept instead of sent, oldest first."""

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
        """A client of the API; with a bearer token when one is given."""
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
        """Found a practice as an operator does."""
        command = AddPracticeCommand(slug, slug.title(), time_zone, state)
        made = await self.portal.use_case(AddPractice)(Origin(), command)
        return UUID(str(made.id))

    def system(self, practice_id: UUID) -> SystemActor:
        return SystemActor(practice_id, "test")

    async def run_jobs(self) -> int:
        """Run every job that is queued, and those that they queue, until none is left; how many."""
        done = 0
        while True:
            rows = self.database.owner.execute(
                "DELETE FROM jobs.procrastinate_jobs WHERE status = 'todo' RETURNING id, task_name, args"
            ).fetchall()
            if not rows:
                return done
            for _, name, arguments in sorted(rows):
                ids = dict(arguments)
                await self.jobs.run(name, UUID(ids.pop("practice_id")), ids)
                done += 1

    async def mail(self, to: str = "") -> list[Any]:
        kept = await self.portal.parts.captured_mail().latest(1000)
        return [one for one in reversed(kept) if not to or one.to == to]

    async def mailed_code(self, to: str) -> str:
        """The code in the newest mail to an address, after the jobs have run."""
        await self.run_jobs()
        found = CODE.findall((await self.mail(to))[-1].body)
        assert found, "the newest mail holds no code"
        return str(found[-1])


@asynccontextmanager
async def running(database: PortalDatabase, folder: Path, **settings: Any) -> AsyncIterator[RunningPortal]:
    """The portal over the database, on embedded parts, with the database's clock."""
    chosen = Settings(data_dir=folder, throttle_rate=0, pool_size=10, **settings)
    clock = database.clock
    async with open_portal(chosen, database.app_dsn, clock=clock) as portal:
        yield RunningPortal(database, portal, make_app(portal), clock)
