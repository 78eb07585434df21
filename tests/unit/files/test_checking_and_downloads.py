"""Malware scans, and downloads by a link."""

from datetime import timedelta

import pytest

from portal_core.documents.use_cases.create_download_link import CreateDownloadLink, CreateDownloadLinkCommand
from portal_core.files.content_ports import ContentKey
from portal_core.files.errors import FileNotAvailable
from portal_core.files.model import MAX_CHECK_DELAY, StoredFile, clean_file_name
from portal_core.files.use_cases.check_due_files import CheckDueFiles
from portal_core.files.use_cases.check_file import CheckFile, CheckFileCommand
from portal_core.files.use_cases.open_download import OpenDownload, OpenDownloadQuery
from portal_core.files.views import Download
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from tests.support.contracts.files.files import add_file, begin_files, received
from tests.support.documents.practice import HELLO, DocumentsPractice
from tests.support.files.samples import EICAR
from tests.unit.accounts.memory_world import MemoryAccountsWorld

MINUTE = timedelta(minutes=1)


@pytest.fixture
def practice(world: MemoryAccountsWorld) -> DocumentsPractice:
    return DocumentsPractice(world)


def jobs(practice: DocumentsPractice, name: str) -> int:
    return [job for job, _ in practice.world.store.jobs].count(name)  # type: ignore[attr-defined]


async def test_clean_file_is_accepted_and_announced(practice: DocumentsPractice) -> None:
    client_id = await practice.world.add_client()
    await practice.upload(practice.client(client_id))
    [file] = await practice.files(client_id)
    assert (file.state, file.check_at) == ("clean", None)
    await practice.scan(client_id)
    assert (jobs(practice, "file_accepted"), jobs(practice, "file_refused")) == (1, 0)


async def test_infected_file_is_refused(practice: DocumentsPractice) -> None:
    client_id = await practice.world.add_client()
    await practice.upload(practice.client(client_id), b"See: " + EICAR)
    [file] = await practice.files(client_id)
    assert file.state == "infected"
    with pytest.raises(FileNotAvailable):
        file.readable()
    assert (jobs(practice, "file_accepted"), jobs(practice, "file_refused")) == (0, 1)


async def test_file_stays_in_quarantine_while_the_scanner_is_away(practice: DocumentsPractice) -> None:
    world, client_id = practice.world, await practice.world.add_client()
    practice.malware_scanner.away = True
    await practice.upload(practice.client(client_id))
    waits = []
    for _ in range(9):
        [file] = await practice.files(client_id)
        assert file.state == "quarantined"
        assert file.check_at is not None
        waits.append(file.check_at - world.clock.now())
        world.clock.advance(waits[-1])
        before = jobs(practice, "check_file")
        await practice.use(CheckDueFiles)(world.system)
        assert jobs(practice, "check_file") == before + 1
        await practice.scan(client_id)
    assert waits == [MINUTE, *(MINUTE * 2**n for n in range(6)), MAX_CHECK_DELAY, MAX_CHECK_DELAY]
    practice.malware_scanner.away = False
    await practice.scan(client_id)
    [file] = await practice.files(client_id)
    assert file.state == "clean"
    world.clock.advance(timedelta(days=1))
    before = jobs(practice, "check_file")
    await practice.use(CheckDueFiles)(world.system)
    assert jobs(practice, "check_file") == before


async def test_only_jobs_scan(practice: DocumentsPractice) -> None:
    client_id = await practice.world.add_client()
    file = await add_file(practice.world, client_id, "quarantined")
    for actor in (practice.client(client_id), practice.staff("administrator")):
        with pytest.raises(Forbidden):
            await practice.use(CheckFile)(actor, CheckFileCommand(client_id, file.id))
        with pytest.raises(Forbidden):
            await practice.use(CheckDueFiles)(actor)


async def test_unknown_and_erased_files_are_left_alone(practice: DocumentsPractice) -> None:
    client_id = await practice.world.add_client()
    await practice.use(CheckFile)(practice.world.system, CheckFileCommand(client_id, practice.world.ids.new()))
    assert jobs(practice, "file_accepted") == 0


def test_content_of_another_upload_is_not_received(world: MemoryAccountsWorld) -> None:
    file = StoredFile(
        id=world.ids.new(), client_id=world.ids.new(), name="x", added_by=None, added_at=world.clock.now()
    )
    done = received(world, file)
    assert done.object_id is not None
    with pytest.raises(StaleVersion):
        done.receive(done.object_id, None, None, world.clock.now())  # type: ignore[arg-type]  # not looked at
    begun = file.begin_upload(world.ids.new(), ContentKey(bytes(32)), world.clock.now())
    with pytest.raises(StaleVersion):
        begun.receive(world.ids.new(), None, None, world.clock.now())  # type: ignore[arg-type]  # not looked at


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("card.jpg", "card.jpg"),
        ("C:\\Users\\ada\\Desktop\\card.jpg", "card.jpg"),
        ("/home/ada/ card  1.jpg ", "card 1.jpg"),
        ("Zeugnis Müller.pdf", "Zeugnis Müller.pdf"),
    ],
)
def test_file_names_are_one_line_without_a_path(name: str, cleaned: str) -> None:
    assert clean_file_name(name) == cleaned


@pytest.mark.parametrize("name", ["", "  ", "a/", "a\x00b", "x\u202ecod.exe", "y" * 201])
def test_bad_file_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        clean_file_name(name)


async def link(practice: DocumentsPractice, client_id: object, **more: bool) -> str:
    ann = practice.client(client_id)  # type: ignore[arg-type]
    view = await practice.upload(ann)
    return (await practice.use(CreateDownloadLink)(ann, CreateDownloadLinkCommand(view.id, **more))).token  # type: ignore[arg-type]


async def test_link_serves_the_content_for_five_minutes(practice: DocumentsPractice) -> None:
    world, client_id = practice.world, await practice.world.add_client()
    token = await link(practice, client_id)
    for _ in range(2):
        download = await practice.use(OpenDownload)(world.visitor, OpenDownloadQuery(token))
        assert b"".join([chunk async for chunk in download.content.chunks()]) == HELLO
        assert (download.file_name, download.kind.name, download.in_page) == ("card.txt", "text", False)
        assert b"".join([chunk async for chunk in download.content.chunks(3, 9)]) == HELLO[3:9]
    assert [one.action for one in await world.audit()].count("file.downloaded") == 2
    assert jobs(practice, "file_downloaded") == 1
    for wrong in (token + "x", ""):
        with pytest.raises(NotFound):
            await practice.use(OpenDownload)(world.visitor, OpenDownloadQuery(wrong))
    world.clock.advance(timedelta(minutes=5))
    with pytest.raises(NotFound):
        await practice.use(OpenDownload)(world.visitor, OpenDownloadQuery(token))


async def test_file_that_is_no_longer_clean_is_not_served(practice: DocumentsPractice) -> None:
    world, client_id = practice.world, await practice.world.add_client()
    token = await link(practice, client_id)
    [file] = await practice.files(client_id)
    rows = world.store.table("files")  # type: ignore[attr-defined]
    rows[world.practice_id, file.id] = file.judge("infected")
    with pytest.raises(FileNotAvailable):
        await practice.use(OpenDownload)(world.visitor, OpenDownloadQuery(token))
    del rows[world.practice_id, file.id]
    with pytest.raises(NotFound):
        await practice.use(OpenDownload)(world.visitor, OpenDownloadQuery(token))


async def test_only_images_are_shown_in_a_page(practice: DocumentsPractice, world: MemoryAccountsWorld) -> None:
    client_id = await world.add_client()
    jpeg = await add_file(world, client_id, "clean", name="card")
    async with begin_files(world)(world.system) as unit:
        stored = await unit.files.get(client_id, jpeg.id)
    assert stored is not None
    content = practice.file_store.content(*stored.readable())
    shown = Download.of(stored, content, in_page=True)
    assert (shown.in_page, shown.file_name, Download.of(stored, content).in_page) == (True, "card.jpg", False)
    token = await link(practice, client_id, in_page=True)
    assert not (await practice.use(OpenDownload)(world.visitor, OpenDownloadQuery(token))).in_page
