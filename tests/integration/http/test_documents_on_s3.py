"""Documents over HTTP with the content in S3 (moto's server) and a real clamd."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from attrs import define, field
from moto.server import ThreadedMotoServer

from adapters.aws import AwsAccount
from portal_core.files.use_cases.check_due_files import CheckDueFiles
from portal_core.files.use_cases.delete_discarded_content import DeleteDiscardedContent
from tests.support.clamav.daemon import running_clamd
from tests.support.contracts.people.erasing import erase_record
from tests.support.engine.postgres import PortalDatabase
from tests.support.files.samples import EICAR, docx, pdf
from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, Person
from tests.support.http.running_portal import running

REGION, BUCKET = "us-east-1", "portal-files"
LETTER = b"Violet harbour seven trombone.\n" * 30_000
"""Nearly a megabyte: several segments."""


@define
class Clamd:
    """A daemon that can be stopped and started, always at the same address."""

    folder: Path
    _starts: int = field(init=False, default=0)
    _running: ExitStack = field(init=False, factory=ExitStack)

    @property
    def address(self) -> Path:
        return self.folder / "clamd.ctl"

    def start(self) -> None:
        self._starts += 1
        folder = self.folder / str(self._starts)
        folder.mkdir()
        self.address.symlink_to(self._running.enter_context(running_clamd(folder)))

    def stop(self) -> None:
        self._running.close()
        self.address.unlink(missing_ok=True)


@define
class Scene:
    practice: OpenPractice
    mira: Person
    desk: Person
    clamd: Clamd
    s3: Any

    async def send(self, person: Person, path: str, content: bytes) -> str:
        """The path of the document, whose content was sent and scanned."""
        async with self.practice.portal.http_client(person.token, portal_practice=self.practice.slug) as http:
            answer = await http.put(f"{path}/content", content=content)
        assert answer.status_code == 200, answer.text
        await self.practice.portal.run_jobs()
        return path

    async def share(self, content: bytes) -> str:
        path = f"{PRACTICE}/clients/{self.mira.id}/documents"
        body = {"category": "letter", "title": "A letter", "file_name": "letter", "share": True}
        made = await self.practice.ask(self.desk, "POST", path, body)
        await self.send(self.desk, f"{path}/{made['id']}", content)
        return f"{PORTAL}/documents/{made['id']}"

    async def upload(self, content: bytes) -> str:
        body = {"category": "other", "file_name": "records"}
        made = await self.practice.ask(self.mira, "POST", f"{PORTAL}/documents", body)
        return await self.send(self.mira, f"{PORTAL}/documents/{made['id']}", content)

    async def state(self, path: str) -> str:
        return str((await self.practice.ask(self.mira, "GET", path))["state"])

    async def run(self, job: type[Any]) -> None:
        await self.practice.portal.portal.use_case(job)(self.practice.portal.system(self.practice.practice_id))
        await self.practice.portal.run_jobs()

    def versions(self) -> list[str]:
        """The object of each version and delete marker in the bucket."""
        listed = self.s3.list_object_versions(Bucket=BUCKET)
        return [one["Key"] for kind in ("Versions", "DeleteMarkers") for one in listed.get(kind, ())]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsAccount]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield AwsAccount(REGION, f"http://{host}:{port}")
    server.stop()


@pytest_asyncio.fixture
async def scene(database: PortalDatabase, account: AwsAccount, tmp_path: Path) -> AsyncIterator[Scene]:
    s3 = account.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    clamd = Clamd(tmp_path)
    clamd.start()
    settings = {
        "files": "s3",
        "s3_bucket": BUCKET,
        "s3_kms_key": account.client("kms").create_key()["KeyMetadata"]["KeyId"],
        "aws_region": REGION,
        "aws_endpoint_url": account.endpoint_url,
        "malware_scan": "clamav",
        "clamav_address": str(clamd.address),
    }
    async with running(database, tmp_path / "data", **settings) as portal:
        portal.portal.parts.directory().seconds = 0.0
        practice = await OpenPractice.open(portal)
        yield Scene(practice, await practice.client("Mira"), await practice.staff("front_desk"), clamd, s3)
        portal.portal.parts.file_store().close()
    clamd.stop()


async def test_documents_are_shared_sent_refused_downloaded_and_erased(scene: Scene) -> None:
    shared = await scene.share(LETTER)
    sent = await scene.upload(pdf())
    for infected in (pdf(EICAR), pdf(EICAR, compress=False), docx({"word/notes.xml": EICAR})):
        refused = await scene.upload(infected)
        assert await scene.state(refused) == "refused"
        answer = await scene.practice.send(scene.mira, "GET", f"{refused}/download")
        assert (answer.status_code, answer.json()["code"]) == (409, "file_not_available")
    assert [await scene.state(one) for one in (shared, sent)] == ["available"] * 2
    link = (await scene.practice.ask(scene.mira, "GET", f"{shared}/download"))["path"]
    async with scene.practice.portal.http_client() as http:
        part = await http.get(link, headers={"range": "bytes=262100-262200"})
        assert (part.status_code, part.content) == (206, LETTER[262_100:262_201])
        assert (await http.get(link)).content == LETTER
        assert len(scene.versions()) == 5
        await scene.run(DeleteDiscardedContent)
        assert len(scene.versions()) == 2
        for name in scene.versions():  # as a restored backup or a mistaken operator leaves them
            scene.s3.put_object(Bucket=BUCKET, Key=name, Body=b"another version")
            scene.s3.delete_object(Bucket=BUCKET, Key=name)
        assert (await http.get(link)).status_code == 503

        portal = scene.practice.portal
        begin, ids = portal.portal.parts.begin(), portal.portal.parts.ids()
        await erase_record(begin, scene.practice.practice_id, scene.mira.id, portal.clock, ids)
        assert (await http.get(link)).status_code == 404
    await scene.run(DeleteDiscardedContent)
    assert scene.versions() == []


async def test_file_waits_in_quarantine_while_clamd_is_stopped(scene: Scene) -> None:
    scene.clamd.stop()
    sent = await scene.upload(LETTER)
    assert await scene.state(sent) == "being_checked"
    for _ in range(2):
        scene.practice.portal.clock.advance(timedelta(minutes=5))
        await scene.run(CheckDueFiles)
        assert await scene.state(sent) == "being_checked"
    refused = await scene.practice.send(scene.mira, "GET", f"{sent}/download")
    assert (refused.status_code, refused.json()["code"]) == (409, "file_not_available")
    scene.clamd.start()
    scene.practice.portal.clock.advance(timedelta(minutes=10))
    await scene.run(CheckDueFiles)
    assert await scene.state(sent) == "available"
