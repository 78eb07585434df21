"""A bare Litestar handler that runs a request's SQL on asyncpg and returns the rows: the cost of a portal without
features, rules and ports. granian loads `bench.baseline:application`."""

import os
import pickle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get, post, put
from litestar.datastructures import State
from litestar.params import JSONBody
from litestar.response import Stream

from adapters.postgres.engine.pool import open_pool
from bench.recorder import Recorded
from entrypoints.processes import die_with_parent

DATABASE = "BENCH_DATABASE_URL"
RECORDED = "BENCH_RECORDED"
CONTENT_BYTES = 10 * 1024 * 1024


class Slot(msgspec.Struct):
    """The same body as the portal's."""

    clinician_id: str
    appointment_type_id: str
    location_id: str
    starts_at: str


class Booking(msgspec.Struct):
    slot: Slot


async def _play(state: State, kind: str, number: int) -> list[dict[str, Any]]:
    """Run a request's statements; the widest rows are the response."""
    answer: list[Any] = []
    async with state.pool.acquire() as connection:
        for sent in state.recorded[kind][number % len(state.recorded[kind])]:
            if not sent.arguments:
                await connection.execute(sent.sql)
                continue
            rows = await connection.fetch(sent.sql, *sent.arguments)
            answer = max(answer, rows, key=lambda some: len(some[0]) if some else 0)
    return [dict(row) for row in answer]


@get(["/list/{number:int}", "/documents/{number:int}"])
async def listing(state: State, scope: dict[str, Any], number: int) -> list[dict[str, Any]]:
    return await _play(state, scope["path"].split("/")[1], number)


@post(["/book/{number:int}", "/keyed/{number:int}"])
async def booking(state: State, scope: dict[str, Any], number: int, data: JSONBody[Booking]) -> Response[Any]:
    return Response(await _play(state, scope["path"].split("/")[1], number), status_code=201)


@put("/content", status_code=200, request_max_body_size=None)
async def received(request: Request[Any, Any, Any]) -> dict[str, int]:
    """Receives bytes, and keeps none."""
    size = 0
    async for piece in request.stream():
        size += len(piece)
    return {"size": size}


@get("/content")
async def sent() -> Stream:
    """Sends bytes of nothing."""
    piece = bytes(CONTENT_BYTES // 40)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield piece

    return Stream(pieces(), headers={"content-length": str(CONTENT_BYTES)})


@asynccontextmanager
async def _opened(app: Litestar) -> AsyncIterator[None]:
    recorded: dict[str, list[Recorded]] = pickle.loads(Path(os.environ[RECORDED]).read_bytes())
    app.state.recorded = recorded
    app.state.pool = await open_pool(os.environ[DATABASE])
    try:
        yield
    finally:
        await app.state.pool.close()


def application() -> Litestar:
    """The ASGI application of one worker process."""
    die_with_parent()
    return Litestar([listing, booking, received, sent], lifespan=[_opened], openapi_config=None, logging_config=None)
