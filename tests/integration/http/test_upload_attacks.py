"""Attacks on uploads and downloads, over sockets against the server as it is served.

Every one is answered clearly, the server goes on, and the file awaits its content as before.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest
import pytest_asyncio

from entrypoints.processes import APP_URL_VARIABLE
from tests.support.cli.portal_command import eventually, free_port
from tests.support.http.attacked_server import LARGE, MEGABYTE, NOTE, ROOT, Target, answered, at_once
from tests.support.http.impatient_server import GRACE_SECONDS
from tests.support.http.open_practice import PORTAL, OpenPractice
from tests.support.http.running_portal import RunningPortal


@pytest.fixture(scope="module")
def served(practice: OpenPractice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path, int]]:
    """Port, log and process of a server over the shared portal's database and folder, with the time of this machine."""
    shared, now = practice.portal, datetime.now(UTC)
    for month in ((now.year, now.month), (now.year + now.month // 12, now.month % 12 + 1)):
        shared.database.owner.execute("SELECT portal.create_audit_partition(make_date(%s, %s, 1))", month)
    port, log = free_port(), tmp_path_factory.mktemp("attacks") / "log"
    environment = {
        APP_URL_VARIABLE: shared.database.app_dsn,
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "PORTAL_DATA_DIR": str(shared.portal.settings.data_dir),
        "PORTAL_PORT": str(port),
        "PORTAL_THROTTLE_RATE": "0",
        "PORTAL_POOL_SIZE": "6",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.http.impatient_server"],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:

        def ready() -> bool:
            assert process.poll() is None, log.read_text()
            with suppress(httpx.HTTPError):
                return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
            return False

        assert eventually(ready)
        yield port, log, process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@pytest_asyncio.fixture(scope="module")
async def practice(shared: RunningPortal) -> OpenPractice:
    """One for all tests, as a server finds a new one late."""
    shared.clock.at = datetime.now(UTC)
    return await OpenPractice.open(shared)


@pytest_asyncio.fixture
async def target(practice: OpenPractice, served: tuple[int, Path, int]) -> AsyncIterator[Target]:
    practice.portal.clock.at = datetime.now(UTC)
    mira, desk = await practice.client(f"Mira{uuid4().hex}"), await practice.staff("front_desk")
    port, log, pid = served
    yield Target(practice, mira, desk, port, log, psutil.Process(pid))
    for line in log.read_text().splitlines():
        assert '"status":500' not in line, line


async def test_body_of_a_byte_now_and_then_is_refused(target: Target) -> None:
    path = target.announce()
    with target.connect() as connection:
        connection.sendall(target.head(f"{path}/content", "Content-Length: 1000", "Connection: close"))
        end = time.monotonic() + 10 * GRACE_SECONDS
        with suppress(ConnectionError):
            connection.settimeout(0.25)
            while time.monotonic() < end:
                connection.sendall(b"x")
                with suppress(TimeoutError):
                    connection.recv(1, socket.MSG_PEEK)
                    break
        connection.settimeout(30)
        assert answered(connection) == (408, "body_too_slow")
    await target.assert_awaits_content(path)


@pytest.mark.parametrize(
    ("fields", "body", "expected"),
    [
        (("Content-Length: 27262976",), b"", (413, "body_too_large")),
        (("Content-Length: 99999999999999999999",), NOTE, (400, "")),
        (("Content-Length: -5",), NOTE, (400, "")),
        (("Content-Length: 4", "Content-Length: 5"), b"Fine.", (400, "")),
        (("Content-Encoding: gzip", f"Content-Length: {len(NOTE)}"), NOTE, (415, "unsupported_encoding")),
        (("Content-Encoding: br, gzip", f"Content-Length: {len(NOTE)}"), NOTE, (415, "unsupported_encoding")),
        (("Transfer-Encoding: chunked",), b"zz\r\n", (400, "malformed_body")),
        (("Transfer-Encoding: chunked",), b"fffffffffffffffff\r\nx\r\n0\r\n\r\n", (400, "malformed_body")),
        (("Content-Length: 0",), b"", (422, "file_kind_not_allowed")),
        (("Transfer-Encoding: chunked",), b"0\r\n\r\n", (422, "file_kind_not_allowed")),
    ],
)
async def test_lies_about_the_body_are_refused(
    target: Target, fields: tuple[str, ...], body: bytes, expected: tuple[int, str]
) -> None:
    path = target.announce()
    status, code = target.put(path, *fields, body=body)
    assert (status, code if expected[1] else "") == expected
    await target.assert_awaits_content(path)


async def test_body_without_a_length_is_counted(target: Target) -> None:
    path = target.announce()
    with target.http() as http:

        def too_much() -> Iterator[bytes]:
            for _ in range(26):
                yield b"x" * MEGABYTE

        with suppress(httpx.WriteError):  # it may close before it has read everything
            refused = http.put(f"{path}/content", content=too_much())
            assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
    await target.assert_awaits_content(path)


async def test_chunked_body_is_received(target: Target) -> None:
    path = target.announce()
    with target.http() as http:
        assert http.put(f"{path}/content", content=iter([NOTE, NOTE])).status_code == 200
    assert target.state(path) == "quarantined"


async def test_more_than_the_announced_length_is_no_part_of_the_file(target: Target) -> None:
    path = target.announce()
    with target.connect() as connection:
        head = target.head(f"{path}/content", f"Content-Length: {len(NOTE)}")
        connection.sendall(head + NOTE + b"This is no request.\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    row = target.portal.database.owner.execute("SELECT size FROM portal.files ORDER BY id DESC LIMIT 1").fetchone()
    assert row == (len(NOTE),)


@pytest.mark.parametrize("half", [False, True], ids=["closed", "half closed"])
async def test_file_awaits_its_content_after_a_disconnect(target: Target, half: bool) -> None:
    path = target.announce()
    with target.connect() as connection:
        connection.sendall(target.head(f"{path}/content", f"Content-Length: {5 * MEGABYTE}", "Connection: close"))
        connection.sendall(NOTE * 50_000)
        if half:
            connection.shutdown(socket.SHUT_WR)
            assert answered(connection) in ((0, ""), (400, "malformed_body"))
    await target.assert_awaits_content(path)


async def test_many_uploads_at_once(target: Target) -> None:
    paths = [target.announce() for _ in range(40)]
    content = NOTE * 10_000

    def send(number: int) -> tuple[int, str]:
        with target.http() as http:
            answer = http.put(f"{paths[number]}/content", content=content)
        return answer.status_code, answer.json().get("code", "")

    found = at_once(len(paths), send)
    assert set(found) <= {(200, ""), (429, "rate_limited"), (503, "overloaded")}, Counter(found)
    assert found.count((200, "")) >= 10
    await target.portal.run_jobs()
    assert not target.orphans()
    for number, (status, _) in enumerate(found):
        if status != 200:
            assert send(number) == (200, "")


async def test_one_of_parallel_uploads_to_a_document_wins(target: Target) -> None:
    path = target.announce()
    contents = [f"Content number {number}.\n".encode() * 5000 for number in range(8)]

    def send(number: int) -> tuple[int, str]:
        with target.http() as http:
            answer = http.put(f"{path}/content", content=contents[number])
        return answer.status_code, answer.json().get("code", "")

    found = at_once(len(contents), send)
    assert found.count((200, "")) == 1, Counter(found)
    assert set(found) <= {(200, ""), (409, "stale_version"), (409, "content_exists")}, Counter(found)
    winner = contents[found.index((200, ""))]
    await target.portal.run_jobs()
    assert target.state(path) == "clean"
    assert not target.orphans()
    with target.http() as http:
        link = http.get(f"{path}/download").json()["path"]
        assert http.get(link).content == winner


async def test_one_link_serves_many_at_once_and_is_noted_once(target: Target) -> None:
    link = await target.shared(LARGE)
    found = at_once(6, lambda _: httpx.get(f"http://127.0.0.1:{target.port}{link}", timeout=60).content == LARGE)
    assert found == [True] * 6
    queued = target.portal.database.owner.execute(
        "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'file_downloaded'"
    ).fetchone()
    assert queued == (1,)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (b"bytes=0-99999999999999999999999999", 200),
        (b"bytes=99999999999999999-", 416),
        (b"bytes=-99999999999999999", 206),
        (b"bytes=-0", 416),
        (b"bytes=--5", 200),
        (b"bytes=5-1", 200),
        (b"bytes=" + b"0-0," * 40 + b"1-1", 200),
        (b"bytes=" + b"0-0," * 2000 + b"1-1", 422),
        ("bytes=٠-٩".encode(), 200),
        (b"bytes=\xff-\xfe", 200),
        (b"\x01", 400),
        (b"BYTES = 0 - 3", 206),
        (b"bytes=0-3\r\nRange: bytes=5-7", 206),
    ],
)
async def test_odd_ranges(target: Target, asked: bytes, status: int) -> None:
    link = await target.shared(NOTE)
    for method in ("GET", "HEAD"):
        with target.connect() as connection:
            head = target.head(link, "Connection: close", method=method)
            connection.sendall(head[:-2] + b"Range: " + asked + b"\r\n\r\n")
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        first, _, body = answer.partition(b"\r\n\r\n")
        assert int(first.split(b" ")[1]) == status, answer
        assert method == "GET" or not body


async def test_stalled_downloads_hold_neither_connections_of_the_database_nor_memory(target: Target) -> None:
    link = await target.shared(LARGE)
    before = target.memory()
    with ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(target.connect())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(target.head(link, method="GET"))
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        with target.http() as http:
            assert {http.get(f"{PORTAL}/documents").status_code for _ in range(20)} == {200}
        busy = target.portal.database.owner.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'portal_app' AND state LIKE 'idle in%'"
        ).fetchone()
        assert busy == (0,)
        assert target.memory() - before < 20 * 6 * MEGABYTE
    with target.http() as http:
        assert http.get(link).content == LARGE


async def test_expired_and_ended_links_serve_nothing(target: Target) -> None:
    expired, ended = await target.shared(NOTE), await target.shared(NOTE)
    owner = target.portal.database.owner
    with target.http() as http:
        assert (http.get(expired).status_code, http.get(ended).status_code) == (200, 200)
        owner.execute("UPDATE portal.download_links SET expires_at = now() - interval '1 second'")
        assert [http.get(expired).status_code, http.head(expired).status_code] == [404, 404]
        owner.execute("UPDATE portal.download_links SET expires_at = now() + interval '1 minute'")
        assert http.get(ended).status_code == 200
        assert http.post(f"{PORTAL}/auth/logout").status_code < 300
        assert http.get(ended).status_code == 404


async def test_token_of_a_link_is_not_logged(target: Target) -> None:
    link = await target.shared(NOTE)
    token = link.rpartition("/")[2].partition("?")[0]
    with target.http() as http:
        http.get(link)
        http.get(f"{link}&unknown=1")
        http.get(link.replace("/downloads/", "/download/"))
        http.delete(link)
        http.get(link, headers={"range": "bytes=9999-"})
        request_id = http.get(f"{PORTAL}/documents").headers["x-request-id"]
        assert token not in http.get("/metrics").text
    assert eventually(lambda: request_id in target.log.read_text())
    assert token not in target.log.read_text()


async def test_idempotency_key_changes_nothing_about_an_upload(target: Target) -> None:
    first, second = target.announce(), target.announce()
    with target.http(**{"idempotency-key": "one"}) as http:
        found = [http.put(f"{path}/content", content=NOTE).status_code for path in (first, second, first)]
    assert found == [200, 200, 409]


async def test_upload_whose_session_ends_meanwhile_is_answered(target: Target) -> None:
    path = target.announce()
    with target.connect() as connection:
        head = target.head(f"{path}/content", f"Content-Length: {2 * len(NOTE)}", "Connection: close")
        connection.sendall(head + NOTE)
        begun = "SELECT FROM portal.files WHERE state = 'awaiting_content' AND object_id IS NOT NULL"
        assert eventually(lambda: target.portal.database.owner.execute(begun).fetchall())
        with target.http() as http:
            assert http.post(f"{PORTAL}/auth/logout").status_code < 300
        connection.sendall(NOTE)
        # It was allowed when it began, and a session may end while somebody waits for their upload.
        assert answered(connection) == (200, "")
    assert target.put(path, f"Content-Length: {len(NOTE)}", body=NOTE)[0] == 401
    assert target.state(path) == "quarantined"
