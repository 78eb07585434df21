"""Records the statements that a request sends to the database, by running the real app in this process with the
driver's query log. Transactions are rolled back instead of committed, so that the statements can be replayed."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
from attrs import define, evolve, field, frozen

import adapters.postgres
from adapters.local.sources import Uuid7Ids
from adapters.postgres.engine.base_unit import PostgresBegin, PostgresUnit
from adapters.unit_composition import compose_unit_class
from bench.scene import Scene
from bench.workload import BenchRequest
from entrypoints.application import make_app
from entrypoints.container import open_portal

KEPT = ("SELECT * FROM portal.practice_locators()", "SELECT portal.practice_key(")
"""Statements that a process runs only every half minute or five minutes, not for each request."""


@frozen
class Sent:
    """One statement with its arguments, as the driver was given them."""

    sql: str
    arguments: tuple[Any, ...] = ()


Recorded = tuple[Sent, ...]
"""All that one request sends, in order."""


@define(eq=False)
class _Recorder:
    sent: list[Sent] = field(factory=list)

    def __call__(self, query: Any) -> None:
        if query.query.startswith(KEPT):
            return
        sql = "COMMIT" if query.query == "ROLLBACK" else query.query
        self.sent.append(Sent(sql, tuple(query.args)))

    def take(self) -> Recorded:
        sent, self.sent = self.sent, []
        return tuple(sent)


@define(slots=False)
class _Undone(PostgresUnit):
    """Sends everything up to the commit, which is then rolled back."""

    async def commit(self, result: Any) -> Any:
        await self.tx.flush()
        return result


@define
class _Undoing:
    """Begins such units, once there is a pool."""

    begin: PostgresBegin | None = None

    def __call__(self, actor: Any, *, read_only: bool = False) -> AbstractAsyncContextManager[Any]:
        assert self.begin is not None
        return self.begin(actor, read_only=read_only)


async def record(scene: Scene, asks: Mapping[str, Sequence[BenchRequest]]) -> dict[str, list[Recorded]]:
    """The statements of each of these requests, by kind; those of a kind's first, which fills caches, are left out."""
    scene.forget()
    undoing, recorder = _Undoing(), _Recorder()
    async with open_portal(scene.settings, scene.dsn(), begin=undoing) as portal:
        parts = portal.parts
        undoing.begin = PostgresBegin(
            portal.pool,
            parts.keys(),
            parts.clock(),
            parts.ids(),
            compose_unit_class("Undone", _Undone, adapters.postgres),
        )
        async with portal.pool.acquire() as one, portal.pool.acquire() as other:
            for connection in (one, other):
                connection.add_query_logger(recorder)
        transport = httpx.ASGITransport(app=make_app(portal))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:
            return {kind: [await _ask(client, ask, recorder) for ask in some][1:] for kind, some in asks.items()}


async def _ask(client: httpx.AsyncClient, ask: BenchRequest, recorder: _Recorder) -> Recorded:
    answer = await client.request(ask.method, ask.path, headers=ask.headers, content=ask.body)
    assert answer.status_code == ask.expected, answer.text
    await asyncio.sleep(0)  # the query log comes by the event loop
    return recorder.take()


def again(recorded: Recorded) -> Recorded:
    """Copy a recorded request with new ids for its audit entries."""
    ids = Uuid7Ids()
    return tuple(
        evolve(one, arguments=tuple(_anew(value, ids) if _are_entries(value) else value for value in one.arguments))
        for one in recorded
    )


def _are_entries(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) and "action" in one for one in value)


def _anew(entries: list[dict[str, Any]], ids: Uuid7Ids) -> list[dict[str, Any]]:
    return [{**one, "id": ids.new()} for one in entries]
