"""A portal that is served by its own process, and a client of it who attacks over sockets."""

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
from attrs import define

from tests.support.cli.portal_command import eventually
from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, Person
from tests.support.http.running_portal import RunningPortal

ROOT = Path(__file__).parents[3]
NOTE = b"Violet harbour seven trombone.\n"
LARGE = NOTE * 700_000
"""22 MB."""
MEGABYTE = 1024 * 1024


@define
class Target:
    """A served portal, and a client of a practice in it who attacks. `server` is its process group's leader."""

    practice: OpenPractice
    mira: Person
    desk: Person
    port: int
    log: Path
    server: psutil.Process

    @property
    def portal(self) -> RunningPortal:
        return self.practice.portal

    def http(self, **headers: str) -> httpx.Client:
        known = {"authorization": f"Bearer {self.mira.token}", "portal-practice": self.practice.slug}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=known | headers, timeout=60)

    def announce(self) -> str:
        """A document that awaits its content; its path."""
        with self.http() as http:
            made = http.post(f"{PORTAL}/documents", json={"category": "other", "file_name": "note.txt"})
        assert made.status_code == 201, made.text
        return f"{PORTAL}/documents/{made.json()['id']}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def head(self, path: str, *fields: str, method: str = "PUT", token: str = "") -> bytes:
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: portal",
            f"Authorization: Bearer {token or self.mira.token}",
            f"Portal-Practice: {self.practice.slug}",
            *fields,
        ]
        return "\r\n".join([*lines, "", ""]).encode()

    def put(self, path: str, *fields: str, body: bytes = b"", token: str = "") -> tuple[int, str]:
        """Send a request that no client library would send."""
        with self.connect() as connection:
            connection.sendall(self.head(f"{path}/content", *fields, "Connection: close", token=token))
            with suppress(ConnectionError):  # it may refuse before it has read everything
                connection.sendall(body)
            return answered(connection)

    def state(self, path: str) -> str:
        """The state of the file in the database."""
        row = self.portal.database.owner.execute(
            "SELECT f.state FROM portal.files AS f JOIN portal.document_versions AS v ON v.file_id = f.id"
            " WHERE v.document_id = %s",
            (path.rpartition("/")[2],),
        ).fetchone()
        assert row is not None
        return str(row[0])

    async def assert_awaits_content(self, path: str) -> None:
        """The file awaits its content as before, nothing of it stays, and it can be sent."""
        uploads = "SELECT FROM portal.files WHERE state = 'awaiting_content' AND object_id IS NOT NULL"
        assert eventually(lambda: not self.portal.database.owner.execute(uploads).fetchall())
        assert self.state(path) == "awaiting_content"
        await self.portal.run_jobs()
        assert not self.orphans()
        with self.http() as http:
            assert http.put(f"{path}/content", content=NOTE).status_code == 200

    def orphans(self) -> set[str]:
        rows = self.portal.database.owner.execute("SELECT object_id FROM portal.files WHERE object_id IS NOT NULL")
        owned = {row[0].hex for row in rows.fetchall()}
        folder = self.portal.portal.settings.data_dir / "files"
        return {one.name for one in folder.rglob("*") if one.is_file()} - owned

    async def shared(self, content: bytes) -> str:
        """The path of a link to a document with this content."""
        path = f"{PRACTICE}/clients/{self.mira.id}/documents"
        body = {"category": "letter", "title": "A letter", "file_name": "letter.txt", "share": True}
        made = await self.practice.ask(self.desk, "POST", path, body)
        with self.http(authorization=f"Bearer {self.desk.token}") as http:
            assert http.put(f"{path}/{made['id']}/content", content=content).status_code == 200
        await self.portal.run_jobs()
        with self.http() as http:
            return str(http.get(f"{PORTAL}/documents/{made['id']}/download").json()["path"])

    def memory(self) -> int:
        """The memory of all its processes in bytes."""
        return sum(one.memory_info().rss for one in (self.server, *self.server.children(recursive=True)))


def answered(connection: socket.socket) -> tuple[int, str]:
    """Status and problem code of the response; (0, "") if the server closes without one."""
    answer = b""
    with suppress(ConnectionError):
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head:
        return 0, ""
    found = b"{" + body.partition(b"{")[2].rpartition(b"}")[0] + b"}"
    return int(head.split(b" ")[1]), str(json.loads(found).get("code", ""))


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(call, range(count)))
