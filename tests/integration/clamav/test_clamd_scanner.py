"""The scanner by clamd fulfills the contract of scanners on a real clamd, and takes no other answer for a result."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.clamav.scanner import ClamdScanner
from portal_core.kernel.errors import Unavailable
from tests.support.clamav.daemon import MAX_STREAM_MEGABYTES, running_clamd
from tests.support.contracts.files.scanner import ScannerContract
from tests.support.files.memory_content import MemoryContent
from tests.support.files.samples import EICAR

HARMLESS = MemoryContent(b"Hello")
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="session")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The socket of a running clamd."""
    with running_clamd(tmp_path_factory.mktemp("clamd")) as address:
        yield address


@pytest.fixture
def scanner(clamd: str) -> ClamdScanner:
    return ClamdScanner(clamd)


class TestClamdScanner(ScannerContract):
    """Runs the contract."""


async def test_version_is_told(scanner: ClamdScanner) -> None:
    assert (await scanner.version()).startswith("ClamAV ")


async def test_content_beyond_what_clamd_takes_is_not_clean(scanner: ClamdScanner) -> None:
    most = MAX_STREAM_MEGABYTES * 1024 * 1024
    assert await scanner.scan(MemoryContent(b"a" * most)) == "clean"
    for length in (most + 1, 30 * most):
        with pytest.raises(Unavailable):
            await scanner.scan(MemoryContent(b"a" * length))


async def test_scans_at_once_have_their_own_results(scanner: ClamdScanner) -> None:
    contents = [MemoryContent(EICAR if number % 2 else b"Hello") for number in range(20)]
    assert await asyncio.gather(*map(scanner.scan, contents)) == ["clean", "infected"] * 10


@asynccontextmanager
async def pretending(folder: Path, answer: Answer) -> AsyncIterator[ClamdScanner]:
    """A scanner of a server that answers otherwise than clamd, by a socket; it has half a second."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(reader, writer)
        writer.close()

    server = await asyncio.start_unix_server(serve, folder / "clamd")
    yield ClamdScanner(str(folder / "clamd"), connect_seconds=0.5, scan_seconds=0.5)
    server.close()


def replying(reply: bytes) -> Answer:
    """Reads the whole content first."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        while length := int.from_bytes(await reader.readexactly(4)):
            await reader.readexactly(length)
        writer.write(reply)
        await writer.drain()

    return answer


async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def not_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(1)


async def cutting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


OTHER_ANSWERS = {
    "limit": replying(b"INSTREAM size limit exceeded. ERROR\0"),
    "error": replying(b"stream: Can't allocate memory ERROR\0"),
    "nothing": replying(b""),
    "unfinished": replying(b"stream: OK"),
    "unknown": replying(b"UNKNOWN COMMAND\0"),
    "another_name": replying(b"file: OK\0"),
    "not_quite": replying(b"stream: NOT OK\0"),
    "a_page": replying(b"HTTP/1.1 400 Bad Request\r\n\r\n\0"),
    "too_much": replying(b"a" * 200_000 + b"\0"),
    "hangs": hanging,
    "does_not_read": not_reading,
    "cuts": cutting,
}


@pytest.mark.parametrize("answer", OTHER_ANSWERS)
async def test_every_other_answer_is_unavailable(tmp_path: Path, answer: str) -> None:
    async with pretending(tmp_path, OTHER_ANSWERS[answer]) as scanner:
        for content in (HARMLESS, MemoryContent(b"a" * 3_000_000)):
            with pytest.raises(Unavailable):
                await scanner.scan(content)


@pytest.mark.parametrize(("reply", "result"), [(b"stream: OK\0", "clean"), (b"stream: Win.A-1 FOUND\0", "infected")])
async def test_results_of_clamd_are_read(tmp_path: Path, reply: bytes, result: str) -> None:
    async with pretending(tmp_path, replying(reply)) as scanner:
        assert await scanner.scan(HARMLESS) == result


async def test_another_program_has_no_version(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        writer.write(b"ESMTP\0")

    async with pretending(tmp_path, answer) as scanner:
        with pytest.raises(Unavailable):
            await scanner.version()


async def test_scanner_by_tcp(unused_tcp_port: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await replying(b"stream: OK\0")(reader, writer)
        writer.close()

    scanner = ClamdScanner(f"127.0.0.1:{unused_tcp_port}")
    with pytest.raises(Unavailable):
        await scanner.scan(HARMLESS)
    async with await asyncio.start_server(answer, "127.0.0.1", unused_tcp_port):
        assert await scanner.scan(HARMLESS) == "clean"


async def test_missing_socket_is_unavailable(tmp_path: Path) -> None:
    scanner = ClamdScanner(str(tmp_path / "missing"))
    with pytest.raises(Unavailable):
        await scanner.scan(HARMLESS)
    with pytest.raises(Unavailable):
        await scanner.version()


@pytest.mark.parametrize("address", ["", "clamd", "clamd:", ":3310", "clamd:port", "clamd:99999", "run/clamd.ctl"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"must be|[Pp]ort"):
        ClamdScanner(address)
