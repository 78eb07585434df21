"""A server and a worker killed with SIGKILL at every step of an upload, and what the next ones make of it."""

import os
import signal
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from attrs import define

from portal_core.files.model import UPLOAD_PERIOD
from portal_core.files.use_cases.delete_discarded_content import DeleteDiscardedContent
from tests.support.files.killable_portal import KillablePortal, Step
from tests.support.files.samples import EICAR, pdf
from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, Person
from tests.support.http.running_portal import RunningPortal

LETTER = b"Violet harbour seven trombone.\n" * 30_000
"""Nearly a megabyte: several segments, and several batches of an upload."""
INFECTED = pdf(EICAR + b"Violet harbour.")

RECEIVER = "portal_core.files.receiving:ContentReceiver"
FILES = "adapters.postgres.files.files:PostgresFiles"
UPLOAD = "adapters.encryption.upload:EncryptedUpload"
FOLDER = "adapters.local.file_folder:EncryptedFolder"
FOLDER_UPLOAD = "adapters.local.file_folder:_FolderUpload"
CHECK = "portal_core.files.use_cases.check_file:CheckFile"
REFUSED = "portal_core.documents.use_cases.announce_refused_document:AnnounceRefusedDocument.__call__"
SHARED = "portal_core.documents.use_cases.announce_document:AnnounceDocument.__call__"


@define
class Deployment:
    """A practice whose staff share letters with Mira, who sends files; its servers and workers may be killed."""

    practice: OpenPractice
    mira: Person
    desk: Person

    @property
    def portal(self) -> RunningPortal:
        return self.practice.portal

    @property
    def folder(self) -> Path:
        return self.portal.portal.settings.data_dir

    @property
    def killable(self) -> KillablePortal:
        database = self.portal.database
        return KillablePortal(database.app_dsn, database.worker_dsn, self.folder, self.portal.clock.now())

    async def letter(self) -> str:
        """A letter that is shared as soon as its content has arrived; the path of it."""
        path = f"{PRACTICE}/clients/{self.mira.id}/documents"
        body = {"category": "letter", "title": "A letter", "file_name": "letter.txt", "share": True}
        return f"{path}/{(await self.practice.ask(self.desk, 'POST', path, body))['id']}"

    async def announced(self) -> str:
        body = {"category": "other", "file_name": "records.pdf"}
        return f"{PORTAL}/documents/{(await self.practice.ask(self.mira, 'POST', f'{PORTAL}/documents', body))['id']}"

    async def send(self, person: Person, path: str, content: bytes) -> tuple[int, str]:
        """The status, and the code of a problem."""
        async with self.portal.http_client(person.token, portal_practice=self.practice.slug) as http:
            answer = await http.put(f"{path}/content", content=content)
        return answer.status_code, answer.json().get("code", "")

    def send_to_victim(self, person: Person, path: str, content: bytes, kill_at: Step) -> None:
        """Send the content to a server that is killed at the step, and so never answers."""
        headers = {"authorization": f"Bearer {person.token}", "portal-practice": self.practice.slug}
        with self.killable.serving(kill_at) as (port, ended):
            with suppress(httpx.TransportError):
                answer = httpx.put(f"http://127.0.0.1:{port}{path}/content", content=content, headers=headers)
                raise AssertionError(f"the server answered {answer.status_code}")
            assert ended() == -signal.SIGKILL

    async def file(self, path: str) -> dict[str, Any]:
        """The only version's file, as the database has it."""
        row = self.portal.database.owner.execute(
            "SELECT f.state, f.object_id FROM portal.files AS f JOIN portal.document_versions AS v ON v.file_id = f.id"
            " WHERE v.document_id = %s",
            (path.rpartition("/")[2],),
        ).fetchone()
        assert row is not None
        return {"state": row[0], "object_id": row[1]}

    async def notices(self, path: str) -> Counter[str]:
        """The notices about a document, by kind."""
        listed = await self.practice.ask(self.mira, "GET", f"{PORTAL}/notifications?size=100")
        document = path.rpartition("/")[2]
        return Counter(one["kind"] for one in listed["items"] if one["subject_id"] == document)

    def recover(self) -> None:
        """Start another worker a minute later, which finds that the one before has died."""
        self.portal.clock.advance(timedelta(minutes=2))
        self.portal.database.owner.execute(
            "UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 day'"
        )
        jobs = ("retry_stalled_jobs", "check_due_files:all", "delete_discarded_content:all")
        assert self.killable.work(*jobs) == 0

    async def delete_discarded(self) -> None:
        """Run the sweep when everything that was begun until now is given up."""
        for part in self.folder.rglob("*.part"):
            os.utime(part, (self.portal.clock.now().timestamp(),) * 2)
        self.portal.clock.advance(UPLOAD_PERIOD + timedelta(minutes=1))
        system = self.portal.system(self.practice.practice_id)
        await self.portal.portal.use_case(DeleteDiscardedContent)(system)

    def stored(self) -> set[str]:
        return {one.name for one in (self.folder / "files").rglob("*") if one.is_file()}

    def owned(self) -> set[str]:
        """The names of the objects that files have."""
        rows = self.portal.database.owner.execute("SELECT object_id FROM portal.files WHERE object_id IS NOT NULL")
        return {UUID(str(row[0])).hex for row in rows.fetchall()}

    def assert_nothing_in_clear(self) -> None:
        for one in self.folder.rglob("*"):
            if one.is_file():
                assert b"harbour" not in one.read_bytes(), one
                assert one.stat().st_mode & 0o077 == 0, one


@pytest_asyncio.fixture
async def deployment(open_practice: OpenPractice) -> Deployment:
    open_practice.portal.database.owner.execute("DELETE FROM jobs.procrastinate_jobs")
    return Deployment(open_practice, await open_practice.client("Mira"), await open_practice.staff("front_desk"))


def before(called: str, number: int = 1) -> Step:
    return Step("before", called, number)


def after(called: str, number: int = 1) -> Step:
    return Step("after", called, number)


UNCOMMITTED = {
    "the upload is noted, not committed": after(f"{FILES}.save"),
    "the upload is noted": after(f"{RECEIVER}._begin_upload"),
    "nothing is written yet": after(f"{UPLOAD}.start"),
    "the body arrives": after(f"{UPLOAD}.feed", 4),
    "all was written, and is not on disk": before(f"{FOLDER_UPLOAD}.keep"),
    "it is on disk without its name": before("pathlib:Path.rename"),
    "it has its name, which is not on disk": after("pathlib:Path.rename"),
    "the store has it": after(f"{UPLOAD}.finish"),
    "its kind is recognized": after("adapters.local.kind_recognizer:ThreadedKindRecognizer.recognize"),
    "it is noted as received, not committed": after(f"{FILES}.save", 2),
}


@pytest.mark.parametrize("kill_at", UNCOMMITTED.values(), ids=UNCOMMITTED)
async def test_content_can_be_sent_again_after_a_kill(deployment: Deployment, kill_at: Step) -> None:
    path, kept = await deployment.letter(), deployment.stored() & deployment.owned()
    deployment.send_to_victim(deployment.desk, path, LETTER, kill_at)
    assert (await deployment.file(path))["state"] == "awaiting_content"
    deployment.assert_nothing_in_clear()
    left = deployment.stored() - kept
    listed = (await deployment.practice.ask(deployment.mira, "GET", f"{PORTAL}/documents"))["items"]
    assert listed == []
    link = f"{PORTAL}/documents/{path.rpartition('/')[2]}/download"
    assert (await deployment.practice.send(deployment.mira, "GET", link)).status_code == 409

    assert await deployment.send(deployment.desk, path, LETTER) == (200, "")
    await deployment.portal.run_jobs()
    assert (await deployment.file(path))["state"] == "clean"
    assert await deployment.notices(path) == {"document_shared": 1}
    assert deployment.stored() & deployment.owned() == deployment.stored()
    assert not left & deployment.stored()
    found = await deployment.practice.ask(deployment.mira, "GET", link)
    async with deployment.portal.http_client() as http:
        assert (await http.get(found["path"])).content == LETTER


@pytest.mark.parametrize("step", ["nothing is written yet", "the body arrives", "the store has it"])
async def test_content_that_is_not_sent_again_is_deleted(deployment: Deployment, step: str) -> None:
    path = await deployment.letter()
    deployment.send_to_victim(deployment.desk, path, LETTER, UNCOMMITTED[step])
    assert deployment.stored() - deployment.owned() or step == "the store has it"
    await deployment.delete_discarded()
    assert await deployment.file(path) == {"state": "awaiting_content", "object_id": None}
    assert not deployment.stored() - deployment.owned()


async def test_content_is_received_once_when_the_answer_is_lost(deployment: Deployment) -> None:
    path = await deployment.letter()
    deployment.send_to_victim(deployment.desk, path, LETTER, after(f"{RECEIVER}._receive"))
    assert await deployment.send(deployment.desk, path, LETTER) == (409, "content_exists")
    await deployment.portal.run_jobs()
    assert (await deployment.file(path))["state"] == "clean"
    assert await deployment.notices(path) == {"document_shared": 1}


GIVING_UP = {
    "the content is not taken": before(f"{RECEIVER}._give_up"),
    "it is given up, not committed": after(f"{FILES}.save", 2),
    "it is given up": after(f"{RECEIVER}._give_up"),
}


@pytest.mark.parametrize("kill_at", GIVING_UP.values(), ids=GIVING_UP)
async def test_content_that_is_not_taken_is_deleted_after_a_kill(deployment: Deployment, kill_at: Step) -> None:
    path = await deployment.announced()
    deployment.send_to_victim(deployment.mira, path, b"MZ\x90\x00 harbour", kill_at)
    assert deployment.stored() - deployment.owned() or (await deployment.file(path))["object_id"]
    await deployment.portal.run_jobs()
    await deployment.delete_discarded()
    assert await deployment.file(path) == {"state": "awaiting_content", "object_id": None}
    assert not deployment.stored() - deployment.owned()


SCAN = "adapters.local.signature_scanner:SignatureScanner.scan"
SCANNING = {
    "before the scan": before(SCAN),
    "after the scan": after(SCAN),
    "judged, not committed": after(f"{FILES}.save"),
    "judged": after(f"{CHECK}.__call__"),
    "before the notice": before(SHARED),
    "after the notice": after(SHARED),
}


@pytest.mark.parametrize("kill_at", SCANNING.values(), ids=SCANNING)
async def test_clean_file_is_announced_once_after_a_kill(deployment: Deployment, kill_at: Step) -> None:
    path = await deployment.letter()
    await deployment.send(deployment.desk, path, LETTER)
    assert deployment.killable.work(kill_at=kill_at) == -signal.SIGKILL
    deployment.recover()
    assert (await deployment.file(path))["state"] == "clean"
    assert await deployment.notices(path) == {"document_shared": 1}


DELETING = {
    "after the scan": (after(SCAN), True),
    "refused": (after(f"{CHECK}.__call__"), False),
    "after the notice": (after(REFUSED), False),
    "before the deletion": (before(f"{FOLDER}.delete"), False),
    "in the middle of the deletion": (after("adapters.local.file_folder:_removed"), False),
    "deleted, not noted": (after(f"{FOLDER}.delete"), False),
    "noted, not committed": (after(f"{FILES}.forget_content"), False),
}


@pytest.mark.parametrize(("kill_at", "waits"), DELETING.values(), ids=DELETING)
async def test_infected_file_is_deleted_after_a_kill(deployment: Deployment, kill_at: Step, waits: bool) -> None:
    path = await deployment.announced()
    await deployment.send(deployment.mira, path, INFECTED)
    killed = deployment.killable.work(kill_at=kill_at)
    if killed == 0:  # the step is one of the sweep
        killed = deployment.killable.work("delete_discarded_content:all", kill_at=kill_at)
    assert killed == -signal.SIGKILL
    assert (await deployment.file(path))["state"] == ("quarantined" if waits else "infected")
    refused = await deployment.practice.send(deployment.mira, "GET", f"{path}/download")
    assert (refused.status_code, refused.json()["code"]) == (409, "file_not_available")
    deployment.recover()
    deployment.recover()
    assert await deployment.file(path) == {"state": "infected", "object_id": None}
    assert not deployment.stored() - deployment.owned()
    assert await deployment.notices(path) == {"upload_refused": 1}
    assert (await deployment.practice.ask(deployment.mira, "GET", path))["state"] == "refused"
