"""Uploads and downloads of 10 MB over HTTP: the portal compared with a bare handler and a copy, and its memory."""

import asyncio
import http.client
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psutil
from attrs import frozen

from bench import servers
from bench.baseline import CONTENT_BYTES
from bench.scene import Person, Scene, Size, cluster, filled

PORTAL = "/api/v1/portal"
UPLOADS = 50
_SMALL = Size("uploads", 100, 100, 1)
_START = b"%PDF-1.4\n"


@frozen
class Row:
    """One line of the table."""

    what: str
    compared: str
    found: str
    wanted: str = ""


def _content() -> bytes:
    """A PDF as far as the portal looks at one, of random bytes."""
    end = b"\nxref\n0 0\nstartxref\n%d\n%%%%EOF\n"
    length = CONTENT_BYTES - len(_START) - len(end % 10_000_000)
    return _START + os.urandom(length) + end % (len(_START) + length + 1)


CONTENT = _content()


def rows_over_http(folder: Path, rounds: int) -> Iterator[Row]:
    """Measure one pair after the other."""
    with cluster(folder / "cluster") as server:
        scene = filled(server, folder, _SMALL)
        with servers.portal(scene) as portal, servers.bare_handler(scene, {}) as bare:
            upload, copy, link = _uploading(scene, portal.port), _copy(folder), _link(scene, portal.port)

            def sent_to_bare() -> object:
                return _request(bare.port, "PUT", "/content", CONTENT)

            def received() -> object:
                return _request(portal.port, "GET", link)

            def received_from_bare() -> object:
                return _request(bare.port, "GET", "/content")

            for what, one, others in (
                ("upload 10 MB over HTTP", upload, {"a bare handler that keeps nothing": sent_to_bare, "a copy": copy}),
                ("download 10 MB over HTTP", received, {"a bare handler": received_from_bare, "a copy": copy}),
            ):
                for name, other in others.items():
                    one(), other()
                    ratio = statistics.median(_seconds(other) / _seconds(one) for _ in range(rounds))
                    yield Row(what, name, f"{ratio:.2f}")
            grown = asyncio.run(_uploads_at_once(scene, portal))
            yield Row(
                f"memory of {UPLOADS} uploads of 10 MB at once over HTTP, in MB", "", f"{grown:.0f}", "at most 40"
            )


def _uploading(scene: Scene, port: int) -> Callable[[], object]:
    """Each call sends the content of another document, announced before; the seconds of sending it."""
    people = iter(scene.people)

    def upload() -> float:
        person = next(people)
        path = _announced(person, port)
        began = time.perf_counter()
        _request(port, "PUT", f"{path}/content", CONTENT, person)
        return time.perf_counter() - began

    return upload


def _copy(folder: Path) -> Callable[[], None]:
    """A copy of a file with these bytes, on disk when it is done."""
    source = folder / "copied"
    source.write_bytes(CONTENT)

    def copy() -> None:
        with source.open("rb") as read, (folder / uuid4().hex).open("xb") as written:
            while piece := read.read(256 * 1024):
                written.write(piece)
            written.flush()
            os.fsync(written.fileno())

    return copy


def _link(scene: Scene, port: int) -> str:
    """A download link to a document; no worker runs here, so that it is called clean by hand."""
    person = scene.people[-1]
    path = _announced(person, port)
    _request(port, "PUT", f"{path}/content", CONTENT, person)
    with scene.owner() as owner:
        owner.execute("UPDATE portal.files SET state = 'clean' WHERE state = 'quarantined'")
    return str(msgspec.json.decode(_request(port, "GET", f"{path}/download", person=person))["path"])


def _announced(person: Person, port: int) -> str:
    body = msgspec.json.encode({"category": "other", "file_name": "scan.pdf"})
    made: Any = msgspec.json.decode(_request(port, "POST", f"{PORTAL}/documents", body, person))
    return f"{PORTAL}/documents/{made['id']}"


def _request(port: int, method: str, path: str, body: bytes = b"", person: Person | None = None) -> bytes:
    headers = {"authorization": f"Bearer {person.token}"} if person else {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, headers | {"content-type": "application/json"})
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    assert answer.status < 300, said[:1_000]
    return said


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    taken = work()
    return taken if isinstance(taken, float) else time.perf_counter() - began


async def _uploads_at_once(scene: Scene, portal: servers.Server) -> float:
    """By how many MB the server's processes grow while so many uploads are halfway, and until they end."""
    people = scene.people[:UPLOADS]
    paths = [_announced(person, portal.port) for person in people]
    processes = [portal.process, *portal.process.children(recursive=True)]
    before = sum(one.memory_info().rss for one in processes)
    for one in processes:
        Path(f"/proc/{one.pid}/clear_refs").write_text("5")  # the peak counts from here
    everyone = asyncio.Barrier(UPLOADS)
    await asyncio.gather(
        *(_upload_halting(person, portal.port, path, everyone) for person, path in zip(people, paths, strict=True))
    )
    return (sum(map(_peak, processes)) - before) / 1e6


async def _upload_halting(person: Person, port: int, path: str, everyone: asyncio.Barrier) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"PUT {path}/content HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {person.token}\r\n"
    writer.write(f"{head}content-length: {len(CONTENT)}\r\n\r\n".encode())
    for start in range(0, len(CONTENT), 64 * 1024):
        if start == len(CONTENT) // 2:
            await everyone.wait()
        writer.write(CONTENT[start : start + 64 * 1024])
        await writer.drain()
    assert (await reader.readline()).startswith(b"HTTP/1.1 200"), "an upload was refused"
    writer.close()


def _peak(process: psutil.Process) -> int:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
