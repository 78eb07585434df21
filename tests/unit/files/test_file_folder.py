"""Files' content in a folder, by the contract of stores; and what only a folder can do wrong."""

import asyncio
import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.local.bounded_threads import BoundedThreads
from adapters.local.file_folder import EncryptedFolder, _FolderUpload
from portal_core.kernel.errors import Overloaded, Unavailable
from tests.support.contracts.files.store import (
    KEY,
    LIMIT,
    NOISE,
    NOTE,
    PHRASE,
    FileStoreContract,
    Source,
    StoreWorld,
    cancel_while_kept,
    pieces,
    read,
)


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


class FolderWorld(StoreWorld):
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store: EncryptedFolder = EncryptedFolder(folder)

    def stored(self, object_id: UUID) -> bytes:
        return self.path(object_id).read_bytes()

    def alter(self, object_id: UUID, stored: bytes) -> None:
        self.path(object_id).write_bytes(stored)

    def everything(self) -> list[bytes]:
        return [path.read_bytes() for path in files_in(self.folder)]

    def path(self, object_id: UUID) -> Path:
        (found,) = self.folder.rglob(object_id.hex)
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[FolderWorld]:
    world = FolderWorld(tmp_path / "portal" / "files")
    yield world
    world.store.close()


class TestEncryptedFolder(FileStoreContract):
    @pytest.fixture
    def world(self, world: FolderWorld) -> StoreWorld:
        return world


async def test_files_and_folders_are_private_whatever_the_umask(world: FolderWorld) -> None:
    before = os.umask(0)
    try:
        await world.store.write(uuid4(), KEY, pieces(NOTE), LIMIT)
    finally:
        os.umask(before)
    found = [world.folder, *world.folder.rglob("*")]
    assert len(found) == 4
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == (0o600 if path.is_file() else 0o700)
    assert await world.store.check() is None


async def test_files_are_spread_over_folders_by_the_random_end_of_the_id(world: FolderWorld) -> None:
    object_id = UUID("01909c3e-8f00-7abc-8def-0123456789ab")
    await world.store.write(object_id, KEY, pieces(b"x"), LIMIT)
    assert world.path(object_id).relative_to(world.folder).parts == ("ab", "89", object_id.hex)


async def test_file_and_its_folder_are_on_disk_before_the_upload_succeeds(
    world: FolderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = list[str]()
    fsync, rename = os.fsync, Path.rename

    def note_fsync(descriptor: int) -> None:
        steps.append(f"fsync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).suffix or 'folder'}")
        fsync(descriptor)

    def note_rename(path: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "rename", note_rename)
    await world.store.write(uuid4(), KEY, pieces(NOTE), LIMIT)
    assert steps[-3:] == ["fsync .part", "rename", "fsync folder"]
    assert steps[:-3] == ["fsync folder"] * 3  # of the folders in which new folders were made


@pytest.mark.parametrize("failing", ["fsync", "pread", "write", "open"])
async def test_failing_disk_is_unavailable_and_leaves_nothing(
    world: FolderWorld, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object, **__: object) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    object_id = uuid4()
    await world.store.write(object_id, KEY, pieces(NOTE), LIMIT)
    with monkeypatch.context() as patch:
        if failing == "write":
            patch.setattr("adapters.local.file_folder.FileIO", _full_file)
        else:
            patch.setattr(os, failing, fail)
        with pytest.raises(Unavailable):
            if failing == "pread":
                await read(world.store.content(object_id, KEY, len(NOTE)))
            else:
                await world.store.write(uuid4(), KEY, pieces(NOTE), LIMIT)
    assert [path.name for path in files_in(world.folder)] == [object_id.hex]


async def test_upload_that_cannot_be_undone_fails_for_its_own_reason(
    world: FolderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    def hang_up() -> None:
        raise ConnectionResetError

    monkeypatch.setattr(Path, "unlink", fail)
    with pytest.raises(ConnectionResetError):
        await world.store.write(uuid4(), KEY, Source(NOTE, {3: hang_up}).pieces(), LIMIT)


def _full_file(*arguments: Any) -> Any:
    from io import FileIO

    class Full(FileIO):
        def write(self, stored: Any) -> int:
            if stored:
                raise OSError(errno.ENOSPC, "No space left on device")
            return 0

    return Full(*arguments)


async def test_event_loop_neither_encrypts_nor_writes(world: FolderWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = set[str]()

    class Noting(BoundedThreads):
        async def run(self, work: Any, *arguments: object, begun: bool = False) -> Any:
            def noting(*given: object) -> Any:
                threads.add(threading.current_thread().name.partition("_")[0])
                return work(*given)

            return await super().run(noting, *arguments, begun=begun)

    original_open, object_id = os.open, uuid4()

    def only_in_threads(*arguments: Any, **more: Any) -> int:
        assert threading.current_thread() is not threading.main_thread()
        return original_open(*arguments, **more)

    monkeypatch.setattr(os, "open", only_in_threads)
    monkeypatch.setattr(world.store, "_threads", Noting("files", 2, 2))
    await world.store.write(object_id, KEY, pieces(NOTE), LIMIT)
    assert await read(world.store.content(object_id, KEY, len(NOTE))) == NOTE
    await world.store.delete(object_id)
    assert threads == {"files"}


async def test_overloaded_folder_refuses_new_uploads_and_finishes_those_that_began(
    world: FolderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, go, here, blocked = BoundedThreads("files", 1, 0), threading.Event(), asyncio.Event(), []

    async def occupy() -> None:
        blocked.append(asyncio.ensure_future(threads.run(go.wait)))
        await asyncio.sleep(0)
        here.set()

    monkeypatch.setattr(world.store, "_threads", threads)
    begun = asyncio.create_task(world.store.write(uuid4(), KEY, Source(NOTE, {3: occupy}).pieces(), LIMIT))
    await here.wait()
    with pytest.raises(Overloaded):
        await world.store.write(uuid4(), KEY, pieces(NOTE), LIMIT)
    go.set()
    assert (await begun).size == len(NOTE)
    assert len(files_in(world.folder)) == 1


async def test_overloaded_folder_goes_on_with_a_read_that_began(
    world: FolderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    object_id, threads, go = uuid4(), BoundedThreads("files", 1, 0), threading.Event()
    await world.store.write(object_id, KEY, pieces(NOISE), LIMIT)
    monkeypatch.setattr(world.store, "_threads", threads)
    content = world.store.content(object_id, KEY, LIMIT)
    chunks = content.chunks()
    found = await anext(chunks)
    busy = asyncio.create_task(threads.run(go.wait))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await read(world.store.content(object_id, KEY, LIMIT))
    rest = asyncio.create_task(_all(chunks))
    await asyncio.sleep(0)
    go.set()
    assert found + await rest == NOISE
    await busy


async def _all(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def test_upload_cancelled_while_it_is_kept_leaves_nothing(
    world: FolderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cancel_while_kept(world, monkeypatch)


async def test_upload_cancelled_twice_leaves_nothing_although_the_threads_are_busy(
    world: FolderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, go, here = BoundedThreads("files", 1, 9), threading.Event(), asyncio.Event()

    async def hang() -> None:
        here.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(world.store, "_threads", threads)
    upload = asyncio.create_task(world.store.write(uuid4(), KEY, Source(NOTE, {3: hang}).pieces(), LIMIT))
    await here.wait()
    busy = asyncio.create_task(threads.run(go.wait))
    for _ in range(2):
        await asyncio.sleep(0)
        upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert len(files_in(world.folder)) == 1
    go.set()
    await busy
    await threads.run(int)  # after what waited
    assert files_in(world.folder) == []


def test_step_that_comes_after_the_upload_was_given_up_does_nothing(tmp_path: Path) -> None:
    upload = _FolderUpload(object_id=uuid4(), key=KEY, root=tmp_path, path=tmp_path / "7f" / "3c" / "name")
    upload.give_up()
    for step in (upload.start, upload.finish, lambda: upload.feed([b"x"])):
        with pytest.raises(Unavailable):
            step()
    assert list(tmp_path.iterdir()) == []


_CRASHING = """
import asyncio, os, signal, sys
from pathlib import Path
from uuid import UUID
from adapters.local.file_folder import EncryptedFolder
from portal_core.files.content_ports import ContentKey

moment, folder, object_id, key, phrase = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def die_before_the_file_is_on_disk(descriptor):
    return die() if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".part") else fsync(descriptor)

async def content():
    for number in range(16):
        if moment == "upload" and number == 14:
            die()
        yield phrase.encode() * 2000

fsync = os.fsync
if moment == "rename":
    Path.rename = die
if moment == "fsync":
    os.fsync = die_before_the_file_is_on_disk
asyncio.run(EncryptedFolder(Path(folder)).write(UUID(object_id), ContentKey(bytes.fromhex(key)), content(), 10**7))
"""
"""A program, so that no more is imported than it needs."""


def crash(folder: Path, moment: str) -> UUID:
    """An upload in a process that is killed at this moment."""
    object_id = uuid4()
    command = [sys.executable, "-c", _CRASHING, moment, str(folder), str(object_id), KEY.value.hex(), PHRASE.decode()]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    return object_id


@pytest.mark.parametrize("moment", ["upload", "fsync", "rename"])
async def test_killed_upload_leaves_nothing_readable_and_is_cleaned_up(world: FolderWorld, moment: str) -> None:
    kept = uuid4()
    await world.store.write(kept, KEY, pieces(NOTE), LIMIT)
    one, other = crash(world.folder, moment), crash(world.folder, moment)
    left = [path for path in files_in(world.folder) if path.name != kept.hex]
    assert len(left) == 2
    for path in left:
        assert path.stat().st_size > 0
        assert PHRASE[:10] not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for object_id in (one, other):
        with pytest.raises(Unavailable):
            await read(world.store.content(object_id, KEY, len(NOTE)))
    await world.store.delete(one)
    assert not list(world.folder.rglob(f"{one.hex}*"))
    now = datetime.now(UTC)
    assert await world.store.remove_leftovers(now - timedelta(hours=1)) == 0
    assert await world.store.remove_leftovers(now + timedelta(seconds=5)) == 1
    assert [path.name for path in files_in(world.folder)] == [kept.hex]
    assert await read(world.store.content(kept, KEY, len(NOTE))) == NOTE


async def test_leftovers_of_a_missing_folder_are_none(world: FolderWorld) -> None:
    assert await world.store.remove_leftovers(datetime.now(UTC)) == 0


async def test_check_says_what_is_wrong_and_creates_nothing(tmp_path: Path) -> None:
    async def problem(folder: Path) -> str:
        store = EncryptedFolder(folder)
        found = await store.check()
        store.close()
        assert found is None or ("\n" not in found and str(folder) in found)
        return found or "none"

    missing, file, open_to_all = tmp_path / "a" / "files", tmp_path / "file", tmp_path / "open"
    assert await problem(missing) == "none"
    assert not missing.parent.exists()
    file.touch()
    assert "is not a folder" in await problem(file)
    assert "cannot be read" in await problem(file / "files")
    open_to_all.mkdir()
    open_to_all.chmod(0o750)
    assert f"chmod 700 {open_to_all}" in await problem(open_to_all)


async def test_check_reports_missing_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a user other than root, who may do everything."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    folder = tmp_path / "files"
    store = EncryptedFolder(folder)
    assert await store.check() == f"{folder} cannot be created: let the portal's user write to {tmp_path}"
    folder.mkdir(0o700)
    assert await store.check() == f"{folder} cannot be read and written: make the portal's user its owner"
    store.close()


async def test_short_range_takes_two_segments_and_the_header_from_the_disk(
    world: FolderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    object_id = uuid4()
    await world.store.write(object_id, KEY, pieces(NOISE), LIMIT)
    taken, pread = list[int](), os.pread

    def counted(descriptor: int, length: int, offset: int) -> bytes:
        taken.append(length)
        return pread(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", counted)
    await read(world.store.content(object_id, KEY, LIMIT), 5_000_000, 5_000_000 + 64 * 1024)
    assert sum(taken) <= 2 * 256 * 1024 + 40
