"""Prints ratios for files' content: the cipher, ranges, the encrypted folder, HTTP, and the memory of uploads at once.

    python -m bench.files [--quick]

The two members of each pair are measured alternately, and the median ratio of their rates is printed, with the least
that is wanted. Times are not printed, because they depend on the machine.
"""

import argparse
import asyncio
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import psutil
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from rich.console import Console
from rich.table import Table

from adapters.encryption import streaming
from adapters.encryption.content import EncryptedContent
from adapters.encryption.streaming import HEADER_BYTES, ContentDecryptor, ContentEncryptor, Segments
from adapters.encryption.upload import BATCH_BYTES
from adapters.local.file_folder import EncryptedFolder
from bench.files_over_http import Row, rows_over_http
from portal_core.files.content_ports import ContentKey

MEBIBYTE = 1024 * 1024
SIZE = 10 * MEBIBYTE
PIECE = 64 * 1024
"""What a request's body comes in."""
UPLOADS = 50
ROUNDS = 15
KEY = ContentKey(bytes(range(32)))
OBJECT = UUID(int=7)
CONTENT = os.urandom(SIZE)


def sealed() -> Iterator[bytes]:
    """The content, encrypted in segments as a store does it."""
    encryptor = ContentEncryptor(KEY, OBJECT)
    for start in range(0, SIZE, BATCH_BYTES):
        yield encryptor.feed(memoryview(CONTENT)[start : start + BATCH_BYTES])
    yield encryptor.finish()


def encrypt() -> None:
    """Encrypt it, and keep no more of it than a store does."""
    for _ in sealed():
        pass


def opened(stored: bytes) -> None:
    """All segments of it, decrypted."""
    segments, view = Segments(SIZE), memoryview(stored)
    decryptor = ContentDecryptor(KEY, OBJECT, segments, stored[:HEADER_BYTES])
    for number in range(segments.count):
        decryptor.segment(number, view[segments.stored_start(number) : segments.stored_stop(number)])


@contextmanager
def segments_of(size: int) -> Iterator[None]:
    """Another size of segments, for comparison only: stored content has the one that is set."""
    before = streaming.SEGMENT_BYTES, streaming._PLAIN_BYTES
    streaming.SEGMENT_BYTES, streaming._PLAIN_BYTES = size, size - 16  # type: ignore[misc]
    try:
        yield
    finally:
        streaming.SEGMENT_BYTES, streaming._PLAIN_BYTES = before  # type: ignore[misc]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Of this process, so that what else runs on the machine matters little."""
    began = time.process_time()
    for _ in range(5):
        work()
    return time.process_time() - began


def ratio(one: Callable[[], object], other: Callable[[], object]) -> str:
    """How much faster the first is."""
    one(), other()
    return f"{statistics.median(cpu_seconds(other) / cpu_seconds(one) for _ in range(ROUNDS)):.2f}"


def cipher() -> Iterator[Row]:
    """The streaming format, compared with AES-GCM of the whole content at once, and with larger segments."""
    whole, nonce = AESGCM(KEY.value), bytes(12)
    encrypted, stored = whole.encrypt(nonce, CONTENT, None), b"".join(sealed())
    yield Row("encrypt 10 MB", "AES-GCM at once", ratio(encrypt, lambda: whole.encrypt(nonce, CONTENT, None)), "0.80")
    yield Row(
        "decrypt 10 MB",
        "AES-GCM at once",
        ratio(lambda: opened(stored), lambda: whole.decrypt(nonce, encrypted, None)),
        "0.80",
    )

    def larger() -> None:
        with segments_of(MEBIBYTE):
            encrypt()

    yield Row("encrypt 10 MB", "segments of 1 MiB", ratio(encrypt, larger))


async def pieces(halfway: Callable[[], Awaitable[object]] | None = None) -> AsyncIterator[bytes]:
    for start in range(0, SIZE, PIECE):
        if halfway and start == SIZE // 2:
            await halfway()
        await asyncio.sleep(0)
        yield CONTENT[start : start + PIECE]


async def folder(place: Path) -> list[Row]:
    """The encrypted folder, compared with a plain file that is written as durably; and what a short range reads."""
    store, plain = EncryptedFolder(place / "files"), place / "plain"
    object_id = uuid4()
    await store.write(object_id, KEY, pieces(), SIZE)

    async def store_written() -> None:
        await store.write(uuid4(), KEY, pieces(), SIZE)

    async def plain_written() -> None:
        with (place / uuid4().hex).open("xb") as file:
            digest = hashlib.sha256()
            async for piece in pieces():
                digest.update(piece)
                await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(_sync, file.fileno())

    async def store_read() -> None:
        async for _ in store.content(object_id, KEY, SIZE).chunks():
            pass

    async def plain_read() -> None:
        with plain.open("rb") as file:
            while await asyncio.to_thread(file.read, 256 * 1024):
                pass

    plain.write_bytes(CONTENT)
    rows = []
    for what, one, other in (
        ("write 10 MB to the folder", store_written, plain_written),
        ("read 10 MB from the folder", store_read, plain_read),
    ):
        rates = [(await _seconds(other)) / (await _seconds(one)) for _ in range(ROUNDS)]
        rows.append(Row(what, "a plain file", f"{statistics.median(rates):.2f}"))
    most = 0
    for start in range(0, SIZE - PIECE, PIECE // 3):
        content = store.content(object_id, KEY, SIZE)
        assert isinstance(content, EncryptedContent)
        async for _ in content.chunks(start, start + PIECE):
            pass
        most = max(most, content.segments_read)
    rows.append(Row("segments read for a range of 64 KiB", "", str(most), "2"))
    store.close()
    return rows


async def _seconds(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def _sync(descriptor: int) -> None:
    os.fsync(descriptor)


async def uploads(place: Path) -> float:
    """By how many MB this process grows while so many uploads are halfway, and until they end."""
    store = EncryptedFolder(place / "files")
    await store.write(uuid4(), KEY, pieces(), SIZE)
    everyone = asyncio.Barrier(UPLOADS)
    before = psutil.Process().memory_info().rss
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    await asyncio.gather(*(store.write(uuid4(), KEY, pieces(everyone.wait), SIZE) for _ in range(UPLOADS)))
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    store.close()
    return (peak - before) / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.files", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where to write; otherwise a temporary folder")
    parser.add_argument("--quick", action="store_true", help="few rounds over HTTP, to check that it works")
    parser.add_argument("--uploads", action="store_true", help=argparse.SUPPRESS)  # in a process of its own
    chosen = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="portal-bench-", dir=chosen.folder))
    try:
        if chosen.uploads:
            print(f"{asyncio.run(uploads(place)):.0f}")
            return
        rows = [*cipher(), *asyncio.run(folder(place))]
        command = [sys.executable, "-m", "bench.files", "--uploads", "--folder", str(place)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        grown = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True).stdout.strip()
        rows.append(Row(f"memory of {UPLOADS} uploads of 10 MB at once, in MB", "", grown, "at most 40"))
        rows += rows_over_http(place, 3 if chosen.quick else ROUNDS)
    finally:
        shutil.rmtree(place)
    table = Table("files", "compared with", "ratio of rates", "wanted")
    for row in rows:
        table.add_row(row.what, row.compared, row.found, row.wanted)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
