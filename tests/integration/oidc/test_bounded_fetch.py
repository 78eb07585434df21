"""Fetching from a real server: total time, size, status, and what cannot be reached."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from adapters.bounded_fetch import FetchFailed, _tls, fetch_bounded

OK = b"HTTP/1.1 200 OK\r\n"


@asynccontextmanager
async def server(*parts: bytes, pause: float = 0.0) -> AsyncIterator[str]:
    """A server that reads a request's head and sends these parts, with a pause before each but the first."""
    answering: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering.add(asyncio.current_task())  # type: ignore[arg-type]
        try:
            await reader.readuntil(b"\r\n\r\n")
            for number, part in enumerate(parts):
                await asyncio.sleep(pause if number else 0)
                writer.write(part)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/keys"
    finally:
        listening.close()
        for task in answering:
            task.cancel()


async def fetched(url: str, *, seconds: float = 10.0, max_bytes: int = 10) -> bytes:
    return await fetch_bounded(url, seconds=seconds, max_bytes=max_bytes, headers={})


async def test_document_of_the_largest_size_is_fetched() -> None:
    async with server(OK + b"\r\n", b"0123456789") as url:
        assert await fetched(url) == b"0123456789"


@pytest.mark.parametrize(
    "parts",
    [
        (OK + b"\r\n", b"0123456789", b"x"),
        (OK + b"transfer-encoding: chunked\r\n\r\n", b"b\r\n01234567890\r\n0\r\n\r\n"),
        (OK + b"content-length: 11\r\n\r\n", b"01234567890"),
    ],
    ids=["until closed", "chunked", "announced"],
)
async def test_larger_document_is_cut_off(parts: Sequence[bytes]) -> None:
    async with server(*parts) as url:
        with pytest.raises(FetchFailed, match="too large"):
            await fetched(url)


@pytest.mark.waits
async def test_time_is_for_everything_however_often_something_arrives() -> None:
    """A timeout of each read would never end this one."""
    async with server(OK, *[b"x-more: x\r\n"] * 500, pause=0.02) as url:
        started = asyncio.get_running_loop().time()
        with pytest.raises(FetchFailed, match="in time"):
            await fetched(url, seconds=0.3)
        assert asyncio.get_running_loop().time() - started < 5


async def test_time_includes_finding_the_address() -> None:
    async def never(host: str, port: int) -> str:
        await asyncio.Event().wait()
        return ""

    with pytest.raises(FetchFailed, match="in time"):
        await fetch_bounded("https://login.example/", seconds=0.01, max_bytes=1, headers={}, find_address=never)


@pytest.mark.parametrize("status", ["301 Moved", "404 Not Found", "500 Oops", "204 No Content"])
async def test_other_statuses_and_redirects_are_failures(status: str) -> None:
    async with server(f"HTTP/1.1 {status}\r\nlocation: /elsewhere\r\n\r\n".encode(), b"x") as url:
        with pytest.raises(FetchFailed):
            await fetched(url)


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", OK + b"content-length: 5\r\n\r\nx", OK + b"bad header\r\n\r\n"]
)
async def test_what_is_no_answer_is_a_failure(answer: bytes) -> None:
    async with server(answer) as url:
        with pytest.raises(FetchFailed, match="answers"):
            await fetched(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "ftp://127.0.0.1/", "http://[", "http://", "nothing", "http://h:99999/"]
)
async def test_what_cannot_be_reached_is_a_failure(url: str) -> None:
    with pytest.raises(FetchFailed):
        await fetched(url)


async def test_refusal_of_an_address_is_passed_on() -> None:
    async def refuse(host: str, port: int) -> str:
        raise ValueError(f"{host}:{port}")

    with pytest.raises(ValueError, match=r"login\.example:443"):
        await fetch_bounded("https://login.example/", seconds=1, max_bytes=1, headers={}, find_address=refuse)


def test_certificate_authorities_are_read_once() -> None:
    assert _tls() is _tls()
