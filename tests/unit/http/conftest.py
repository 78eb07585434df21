"""The toy app, asked over ASGI."""

import io
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
import structlog

from entrypoints.http.app import create_app
from entrypoints.observability.logs import ACCESS, configure_logging
from tests.support.http.toy_feature import ADAS_TOKEN, toy_parts

Ask = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def http_client(
    peer: str = "203.0.113.7", token: str = ADAS_TOKEN, **changes: object
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a fresh app; `changes` are of its parts."""
    app = create_app(toy_parts(**changes))
    headers = {"authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(peer, 4000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://portal.example.org", headers=headers) as client:
        yield client


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Ada, signed in by bearer token."""
    async with http_client() as one:
        yield one


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, as production writes it."""
    out = io.StringIO()
    root = logging.getLogger()
    before = root.handlers, root.level
    configure_logging(json=True, stream=out)
    yield out
    ACCESS.write_to(None)
    structlog.reset_defaults()
    root.handlers, root.level = before
