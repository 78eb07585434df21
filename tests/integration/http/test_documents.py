"""Documents over HTTP, with the encrypted folder, the recognizers and the built-in scanner: shared, sent, downloaded by
range, revoked, withheld, and an amendment asked for."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest_asyncio
from attrs import define

from tests.support.files.samples import EICAR, pdf, png
from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, Person

LETTER = b"Dear Mira,\nthis is the letter that you asked for.\n" * 20_000
"""A megabyte: several segments of the store."""


@define
class Scene:
    """A practice with a clinician, the front desk and two clients."""

    practice: OpenPractice
    mira: Person
    theo: Person
    desk: Person
    rivera: Person
    green: Person

    def path(self, document: str = "") -> str:
        return f"{PRACTICE}/clients/{self.mira.id}/documents" + (f"/{document}" if document else "")

    async def ask(self, person: Person, method: str, path: str, body: Any = None) -> Any:
        return await self.practice.ask(person, method, path, body)

    async def refused(self, person: Person, method: str, path: str, body: Any = None) -> tuple[int, str]:
        async with self.http(person) as http:
            answer = await http.request(method, path, json=body)
        return answer.status_code, answer.json().get("code", "")

    def http(self, person: Person | None = None) -> Any:
        token = person.token if person else ""
        return self.practice.portal.http_client(token, portal_practice=self.practice.slug)

    async def send(self, person: Person, path: str, content: bytes) -> Any:
        async with self.http(person) as http:
            return await http.put(f"{path}/content", content=content)

    async def share(self, content: bytes = LETTER, **more: Any) -> str:
        """A document that is shared with Mira, scanned; its id."""
        body = {"category": "letter", "title": "A letter", "file_name": "letter.txt", "share": True} | more
        made = await self.ask(self.desk, "POST", self.path(), body)
        assert (await self.send(self.desk, self.path(made["id"]), content)).status_code == 200
        await self.practice.portal.run_jobs()
        return str(made["id"])

    async def link(self, document: str, **query: str) -> str:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        found = await self.ask(self.mira, "GET", f"{PORTAL}/documents/{document}/download?{asked}")
        return str(found["path"])


@pytest_asyncio.fixture
async def scene(open_practice: OpenPractice) -> Scene:
    other = await open_practice.clinician("Dr. Green")
    return Scene(
        open_practice,
        await open_practice.client("Mira"),
        await open_practice.client("Theo"),
        await open_practice.staff("front_desk"),
        await open_practice.staff("clinician", clinician_id=open_practice.clinician_id),
        await open_practice.staff("clinician", clinician_id=other),
    )


async def test_shared_document_is_told_listed_viewed_and_downloaded(scene: Scene) -> None:
    document = await scene.share()
    [listed] = (await scene.ask(scene.mira, "GET", f"{PORTAL}/documents"))["items"]
    assert (listed["id"], listed["title"], listed["state"]) == (document, "A letter", "available")
    assert listed["file"] == {
        "file_name": "letter.txt",
        "state": "available",
        "media_type": "text/plain; charset=utf-8",
        "size": len(LETTER),
        "shown_in_page": False,
    }
    inbox = (await scene.ask(scene.mira, "GET", f"{PORTAL}/notifications"))["items"]
    assert [one["kind"] for one in inbox] == ["document_shared"]
    mails = [one.subject for one in await scene.practice.portal.mail("mira@client.example")]
    assert "New document" in mails[-1]
    await scene.ask(scene.mira, "GET", f"{PORTAL}/documents/{document}")
    link = await scene.link(document)
    async with scene.http() as http:
        whole = await http.get(link)
        head = await http.head(link)
    assert (whole.status_code, whole.content) == (200, LETTER)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(LETTER)))
    for answer in (whole, head):
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["content-disposition"] == 'attachment; filename="letter.txt"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["accept-ranges"] == "bytes"
    await scene.practice.portal.run_jobs()
    [staff] = (await scene.ask(scene.desk, "GET", scene.path()))["items"]
    assert staff["viewed_at"] is not None
    assert staff["downloaded_at"] is not None


async def test_download_by_ranges(scene: Scene) -> None:
    link = await scene.link(await scene.share())
    size = len(LETTER)
    async with scene.http() as http:
        tag = (await http.head(link)).headers["etag"]
        for asked, start, stop in (
            ("bytes=0-9", 0, 10),
            ("bytes=262100-262200", 262_100, 262_201),
            (f"bytes={size - 5}-", size - 5, size),
            ("bytes=-7", size - 7, size),
            (f"bytes=10-{size * 2}", 10, size),
        ):
            part = await http.get(link, headers={"range": asked})
            assert (part.status_code, part.content) == (206, LETTER[start:stop])
            assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{size}"
        same = await http.get(link, headers={"range": "bytes=0-1", "if-range": tag})
        other = await http.get(link, headers={"range": "bytes=0-1", "if-range": '"another"'})
        assert (same.status_code, other.status_code) == (206, 200)
        for whole in ("bytes=0-1,5-6", "lines=1-2", "bytes=9-3", "bytes=-", "x" * 150):
            assert (await http.get(link, headers={"range": whole})).status_code == 200
        beyond = await http.get(link, headers={"range": f"bytes={size}-"})
        assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")
        assert beyond.headers["content-range"] == f"bytes */{size}"
        again = await http.get(link)
    assert again.content == LETTER


async def test_client_sends_an_image_that_is_shown_in_a_page(scene: Scene) -> None:
    announced = {"category": "insurance", "file_name": "Karte ☾.png", "title": "Insurance card"}
    made = await scene.ask(scene.mira, "POST", f"{PORTAL}/documents", announced)
    path = f"{PORTAL}/documents/{made['id']}"
    assert (await scene.send(scene.mira, path, png())).json()["state"] == "being_checked"
    assert await scene.refused(scene.mira, "GET", f"{path}/download") == (409, "file_not_available")
    again = await scene.send(scene.mira, path, png())
    assert (again.status_code, again.json()["code"]) == (409, "content_exists")
    await scene.practice.portal.run_jobs()
    link = await scene.link(made["id"], in_page="true")
    async with scene.http() as http:
        shown = await http.get(link)
    assert shown.content == png()
    assert shown.headers["content-type"] == "image/png"
    named = "inline; filename=\"Karte .png\"; filename*=UTF-8''Karte%20%E2%98%BE.png"
    assert shown.headers["content-disposition"] == named
    [upload] = (await scene.ask(scene.desk, "GET", f"{PRACTICE}/documents/uploads"))["items"]
    assert (upload["id"], upload["latest"]["state"]) == (made["id"], "available")
    async with scene.http(scene.desk) as http:
        opened = await http.get(f"{scene.path(made['id'])}/content", headers={"range": "bytes=0-7"})
    assert (opened.status_code, opened.content) == (206, png()[:8])


async def test_malware_and_other_kinds_never_arrive(scene: Scene) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("eicar.com", EICAR)
    announced = {"category": "other", "file_name": "records.pdf"}
    document = await scene.ask(scene.mira, "POST", f"{PORTAL}/documents", announced)
    path = f"{PORTAL}/documents/{document['id']}"
    for content in (archive.getvalue(), b"MZ\x90\x00", b"", b"\xff\xd8\xff cut off"):
        refused = await scene.send(scene.mira, path, content)
        assert (refused.status_code, refused.json()["code"]) == (422, "file_kind_not_allowed"), content
    second = await scene.ask(scene.mira, "POST", f"{PORTAL}/documents", announced)
    path = f"{PORTAL}/documents/{second['id']}"
    assert (await scene.send(scene.mira, path, pdf(EICAR))).status_code == 200
    await scene.practice.portal.run_jobs()
    assert await scene.refused(scene.mira, "GET", f"{path}/download") == (409, "file_not_available")
    assert (await scene.ask(scene.mira, "GET", path))["state"] == "refused"
    kinds = [one["kind"] for one in (await scene.ask(scene.mira, "GET", f"{PORTAL}/notifications"))["items"]]
    assert kinds == ["upload_refused"]
    states = [
        one["latest"]["state"] for one in (await scene.ask(scene.desk, "GET", f"{PRACTICE}/documents/uploads"))["items"]
    ]
    assert "refused" in states


async def test_content_is_nowhere_in_clear(scene: Scene) -> None:
    await scene.share(b"Violet harbour seven trombone.\n", title="Harbour", file_name="violet.txt")
    folder: Path = scene.practice.portal.portal.settings.data_dir
    stored = [one for one in (folder / "files").rglob("*") if one.is_file()]
    assert stored
    for one in stored:
        assert b"harbour" not in one.read_bytes()
        assert one.stat().st_mode & 0o077 == 0
    rows = scene.practice.portal.database.owner.execute(
        "SELECT f.*::text FROM portal.files AS f UNION ALL SELECT d.*::text FROM portal.documents AS d"
    ).fetchall()
    assert not [row for row in rows if "arbour" in row[0] or "violet" in row[0]]


async def test_links_end_with_the_share_and_with_the_session(scene: Scene) -> None:
    document = await scene.share()
    link = await scene.link(document)
    shared = await scene.ask(scene.desk, "GET", scene.path())
    await scene.ask(scene.desk, "POST", f"{scene.path(document)}/revoke", {"version": shared["items"][0]["version"]})
    async with scene.http() as http:
        assert (await http.get(link)).status_code == 404
    assert await scene.refused(scene.mira, "GET", f"{PORTAL}/documents/{document}") == (404, "not_found")
    await scene.ask(scene.desk, "POST", f"{scene.path(document)}/share", {})
    link = await scene.link(document)
    async with scene.http() as http:
        assert (await http.get(link)).status_code == 200
        await scene.ask(scene.mira, "POST", f"{PORTAL}/auth/logout")
        assert (await http.get(link)).status_code == 404
        assert (await http.get(link.partition("?")[0] + "x")).status_code == 404


async def test_another_clients_documents_do_not_exist(scene: Scene) -> None:
    document = await scene.share()
    for path in ("", "/versions", "/download"):
        found = await scene.refused(scene.theo, "GET", f"{PORTAL}/documents/{document}{path}")
        assert found == (404, "not_found")
    answer = await scene.send(scene.theo, f"{PORTAL}/documents/{document}", LETTER)
    assert answer.status_code == 404
    elsewhere = f"{PRACTICE}/clients/{scene.theo.id}/documents/{document}"
    assert await scene.refused(scene.desk, "GET", f"{elsewhere}/content") == (404, "not_found")


async def test_document_is_withheld_and_the_decision_reviewed(scene: Scene) -> None:
    document = await scene.share()
    ground = {"basis": "danger_to_life_or_safety", "reason": "It names who reported."}
    assert (await scene.refused(scene.desk, "POST", f"{scene.path(document)}/withhold", ground))[0] == 403
    await scene.ask(scene.rivera, "POST", f"{scene.path(document)}/withhold", ground)
    [listed] = (await scene.ask(scene.mira, "GET", f"{PORTAL}/documents"))["items"]
    assert (listed["state"], listed["title"], listed["file"]) == ("withheld", None, None)
    path = f"{PORTAL}/documents/{document}"
    assert await scene.refused(scene.mira, "GET", f"{path}/download") == (403, "document_withheld")
    assert (await scene.ask(scene.mira, "POST", f"{path}/withholding-review"))["review"] == "pending"
    verdict = {"outcome": "reversed"}
    own = await scene.refused(scene.rivera, "POST", f"{scene.path(document)}/withholding-review", verdict)
    assert own == (403, "review_needs_colleague")
    await scene.ask(scene.green, "POST", f"{scene.path(document)}/withholding-review", verdict)
    assert (await scene.ask(scene.mira, "GET", path))["state"] == "available"


async def test_psychotherapy_notes_are_refused(scene: Scene) -> None:
    notes = {"category": "psychotherapy_notes", "title": "Notes", "file_name": "notes.txt"}
    refused = await scene.refused(scene.rivera, "POST", scene.path(), notes)
    assert refused == (403, "psychotherapy_notes_not_shareable")


async def test_amendment_is_asked_for_denied_and_disagreed_with(scene: Scene) -> None:
    document = await scene.share()
    stated = {"document_id": document, "statement": "It was the third.", "reason": "I was there."}
    asked = await scene.ask(scene.mira, "POST", f"{PORTAL}/amendment-requests", stated)
    [waiting] = (await scene.ask(scene.rivera, "GET", f"{PRACTICE}/amendment-requests"))["items"]
    assert waiting == asked
    path = f"{PRACTICE}/clients/{scene.mira.id}/amendment-requests/{asked['id']}"
    await scene.ask(scene.rivera, "POST", f"{path}/extend", {"reason": "We ask the hospital."})
    denial = {"basis": "accurate_and_complete", "answer": "The hospital says the fifth."}
    await scene.ask(scene.rivera, "POST", f"{path}/deny", denial)
    disagreement = f"{PORTAL}/amendment-requests/{asked['id']}/disagreement"
    await scene.ask(scene.mira, "POST", disagreement, {"statement": "I was there."})
    await scene.ask(scene.rivera, "POST", f"{path}/rebuttal", {"statement": "So was the hospital."})
    [mine] = (await scene.ask(scene.mira, "GET", f"{PORTAL}/amendment-requests"))["items"]
    assert (mine["state"], mine["answer"], mine["disagreement"], mine["rebuttal"]) == (
        "denied",
        "The hospital says the fifth.",
        "I was there.",
        "So was the hospital.",
    )


async def test_search_is_in_the_body(scene: Scene) -> None:
    await scene.share(title="Blood test of März")
    await scene.share(title="Letter")
    found = await scene.ask(scene.mira, "POST", f"{PORTAL}/documents/search", {"search": "marz blood"})
    assert [one["title"] for one in found["items"]] == ["Blood test of März"]
    staff = await scene.ask(scene.desk, "POST", f"{scene.path()}/search", {"search": "LETTER", "category": "letter"})
    assert len(staff["items"]) == 2  # the name of both files
