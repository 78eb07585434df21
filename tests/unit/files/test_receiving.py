"""How the content of a file is received: whole and recognized, or not at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

import pytest
from attrs import evolve

from portal_core.documents.use_cases.send_document_content import SendDocumentContent, SendDocumentContentCommand
from portal_core.files.content_ports import ContentKey
from portal_core.files.errors import ContentExists, FileTooLarge, KindNotAllowed
from portal_core.files.model import UPLOAD_PERIOD
from portal_core.files.ports import FilesUnit
from portal_core.files.receiving import ContentReceiver
from portal_core.files.use_cases.delete_content import DeleteContent
from portal_core.files.use_cases.delete_discarded_content import DeleteDiscardedContent
from portal_core.kernel.errors import Forbidden, NotFound, StaleVersion, Unavailable
from portal_core.kernel.uow import Begin
from tests.support.contracts.files.files import add_file, begin_files
from tests.support.documents.practice import HELLO, DocumentsPractice, pieces
from tests.unit.accounts.memory_world import MemoryAccountsWorld


class Broken(Exception):
    """The sender's connection breaks off."""


async def breaking_off() -> AsyncIterator[bytes]:
    yield HELLO
    raise Broken


@pytest.fixture
def practice(world: MemoryAccountsWorld) -> DocumentsPractice:
    return DocumentsPractice(world)


@pytest.fixture
def receiver(practice: DocumentsPractice) -> ContentReceiver:
    return practice.use(SendDocumentContent).content_receiver


async def state(practice: DocumentsPractice, client_id: object) -> list[str]:
    return [one.state for one in await practice.files(client_id)]  # type: ignore[arg-type]


async def test_content_is_stored_encrypted_and_in_quarantine(practice: DocumentsPractice) -> None:
    client_id = await practice.world.add_client()
    view = await practice.upload(practice.client(client_id), scan=False)
    assert view.state == "being_checked"
    [file] = await practice.files(client_id)
    assert (file.state, file.kind, file.size) == ("quarantined", "text", len(HELLO))
    assert file.content is not None
    content = practice.file_store.content(*file.content)
    assert b"".join([chunk async for chunk in content.chunks()]) == HELLO
    assert all(HELLO not in stored for stored in practice.file_store.objects.values())


async def test_content_is_received_once(practice: DocumentsPractice) -> None:
    ann = practice.client(await practice.world.add_client())
    view = await practice.upload(ann, scan=False)
    with pytest.raises(ContentExists):
        await practice.use(SendDocumentContent)(ann, SendDocumentContentCommand(view.id, pieces(b"Other text.")))
    assert len(practice.file_store.objects) == 1


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (lambda: pieces(b"MZ\x00\x01 not a kind that is taken"), KindNotAllowed),
        (lambda: pieces(b""), KindNotAllowed),
        (breaking_off, Broken),
    ],
)
async def test_refused_or_broken_content_leaves_nothing_and_can_be_sent_again(
    practice: DocumentsPractice, content: Callable[[], AsyncIterator[bytes]], error: type[Exception]
) -> None:
    client_id = await practice.world.add_client()
    ann = practice.client(client_id)
    view = await practice.upload(ann, None)
    with pytest.raises(error):
        await practice.use(SendDocumentContent)(ann, SendDocumentContentCommand(view.id, content()))
    await practice.delete_failed_uploads()
    assert practice.file_store.objects == {}
    [file] = await practice.files(client_id)
    assert (file.state, file.object_id, file.content_key) == ("awaiting_content", None, None)
    again = await practice.use(SendDocumentContent)(ann, SendDocumentContentCommand(view.id, pieces(HELLO)))
    assert again.state == "being_checked"


async def test_too_large_content_is_refused(practice: DocumentsPractice, receiver: ContentReceiver) -> None:
    client_id = await practice.world.add_client()
    file = await add_file(practice.world, client_id)
    with pytest.raises(FileTooLarge):
        await receiver.receive(practice.client(client_id), client_id, file.id, pieces(HELLO), len(HELLO) - 1)
    await practice.delete_failed_uploads()
    assert practice.file_store.objects == {}
    taken = await receiver.receive(practice.client(client_id), client_id, file.id, pieces(HELLO), len(HELLO))
    assert taken.size == len(HELLO)


async def test_unknown_file_is_not_found(practice: DocumentsPractice, receiver: ContentReceiver) -> None:
    client_id = await practice.world.add_client()
    with pytest.raises(NotFound):
        await receiver.receive(practice.client(client_id), client_id, practice.world.ids.new(), pieces(HELLO), 100)


async def test_cut_off_request_gives_its_upload_up(practice: DocumentsPractice) -> None:
    client_id = await practice.world.add_client()
    ann = practice.client(client_id)
    view = await practice.upload(ann, None)
    began = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield HELLO
        began.set()
        await asyncio.Event().wait()

    sending = asyncio.create_task(
        practice.use(SendDocumentContent)(ann, SendDocumentContentCommand(view.id, stalling()))
    )
    await began.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert await state(practice, client_id) == ["awaiting_content"]
    await practice.delete_failed_uploads()
    assert practice.file_store.objects == {}


async def test_second_upload_takes_the_place_of_one_that_stalls(practice: DocumentsPractice) -> None:
    client_id = await practice.world.add_client()
    ann = practice.client(client_id)
    view = await practice.upload(ann, None)
    began, proceed = asyncio.Event(), asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        began.set()
        await proceed.wait()
        yield b"The one that stalled."

    stalled = asyncio.create_task(
        practice.use(SendDocumentContent)(ann, SendDocumentContentCommand(view.id, stalling()))
    )
    await began.wait()
    [first] = await practice.files(client_id)
    await practice.use(SendDocumentContent)(ann, SendDocumentContentCommand(view.id, pieces(HELLO)))
    proceed.set()
    with pytest.raises(StaleVersion):
        await stalled
    [file] = await practice.files(client_id)
    assert (file.state, file.size) == ("quarantined", len(HELLO))
    # Once for the upload that took its place, and once when it failed: it may have been written in between.
    jobs = [ids for name, ids in practice.world.store.jobs if name == "delete_content"]  # type: ignore[attr-defined]
    assert jobs == [{"object_id": first.object_id}] * 2
    await practice.delete_failed_uploads()
    assert set(practice.file_store.objects) == {file.object_id}


async def test_upload_whose_content_was_deleted_for_another_one_is_stale(practice: DocumentsPractice) -> None:
    client_id = await practice.world.add_client()
    ann = practice.client(client_id)
    view = await practice.upload(ann, None)

    async def replaced() -> AsyncIterator[bytes]:
        yield HELLO
        await practice.use(SendDocumentContent)(ann, SendDocumentContentCommand(view.id, pieces(HELLO)))
        raise Unavailable  # the store no longer has what it was writing

    with pytest.raises(StaleVersion):
        await practice.use(SendDocumentContent)(ann, SendDocumentContentCommand(view.id, replaced()))
    assert await state(practice, client_id) == ["quarantined"]


async def test_failed_upload_is_deleted_even_if_the_store_is_away_or_the_process_ends(
    practice: DocumentsPractice,
) -> None:
    client_id = await practice.world.add_client()
    ann = practice.client(client_id)
    view = await practice.upload(ann, None)

    async def goes_away() -> AsyncIterator[bytes]:
        yield b"MZ"
        practice.file_store.away = True
        raise Unavailable

    with pytest.raises(Unavailable):
        await practice.use(SendDocumentContent)(ann, SendDocumentContentCommand(view.id, goes_away()))
    [file] = await practice.files(client_id)
    assert (file.state, file.object_id) == ("awaiting_content", None)
    jobs = [name for name, _ in practice.world.store.jobs]  # type: ignore[attr-defined]
    assert jobs == ["delete_content"]


async def test_content_stays_when_only_the_answer_to_the_commit_is_lost(
    practice: DocumentsPractice, receiver: ContentReceiver
) -> None:
    client_id = await practice.world.add_client()
    file = await add_file(practice.world, client_id)
    commits = 0

    class LosingAnswers:
        """The units of work, whose second commit succeeds and is not answered."""

        def __call__(self, *args: object, **more: object) -> object:
            unit = practice.world.begin(*args, **more)  # type: ignore[arg-type]
            return LosingUnit(unit)

    class LosingUnit:
        def __init__(self, context: object) -> None:
            self.context = context

        async def __aenter__(self) -> object:
            unit = await self.context.__aenter__()  # type: ignore[attr-defined]
            commit: Callable[[object], Awaitable[object]] = unit.commit

            async def losing(result: object) -> object:
                nonlocal commits
                await commit(result)
                commits += 1
                if commits == 2:
                    raise ConnectionError
                return result

            unit.commit = losing
            return unit

        async def __aexit__(self, *raised: object) -> object:
            return await self.context.__aexit__(*raised)  # type: ignore[attr-defined]

    losing = evolve(receiver, begin=cast(Begin[FilesUnit], LosingAnswers()))
    with pytest.raises(ConnectionError):
        await losing.receive(practice.client(client_id), client_id, file.id, pieces(HELLO), 100)
    async with begin_files(practice.world)(practice.world.system) as unit:
        stored = await unit.files.get(client_id, file.id)
    assert stored is not None
    assert stored.state == "quarantined"
    assert set(practice.file_store.objects) == {stored.object_id}


async def test_content_that_nobody_may_read_is_deleted(practice: DocumentsPractice) -> None:
    world, client_id = practice.world, await practice.world.add_client()
    delete = practice.use(DeleteDiscardedContent)
    kept = await practice.upload(practice.client(client_id))
    infected = await add_file(world, client_id, "infected")
    begun = (await add_file(world, client_id)).begin_upload(world.ids.new(), ContentKey(bytes(32)), world.clock.now())
    async with begin_files(world)(world.system) as unit:
        await unit.files.save(begun, (await world.audit())[0])
        await unit.commit(None)
    for object_id in (infected.object_id, begun.object_id):
        assert object_id is not None
        practice.file_store.objects[object_id] = b"sealed"
    await delete(world.system)
    assert infected.object_id not in practice.file_store.objects
    assert begun.object_id in practice.file_store.objects
    world.clock.advance(UPLOAD_PERIOD * 2)
    practice.file_store.away = True
    with pytest.raises(Unavailable):
        await delete(world.system)
    practice.file_store.away = False
    for _ in range(2):
        await delete(world.system)
        assert len(practice.file_store.objects) == 1
    assert kept.state == "being_checked"
    with pytest.raises(Forbidden):
        await delete(practice.client(client_id))


async def test_replaced_content_is_deleted_by_a_job_alone(practice: DocumentsPractice) -> None:
    object_id = practice.world.ids.new()
    practice.file_store.objects[object_id] = b"sealed"
    with pytest.raises(Forbidden):
        await practice.use(DeleteContent)(practice.staff("administrator"), object_id)
    assert object_id in practice.file_store.objects
    for _ in range(2):
        await practice.use(DeleteContent)(practice.world.system, object_id)
        assert practice.file_store.objects == {}
