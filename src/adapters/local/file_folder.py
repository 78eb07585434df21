"""Files' content in a folder of this machine, encrypted."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Final
from uuid import UUID

from attrs import define, field

from adapters.encryption.content import EncryptedContent, StoredBytes
from adapters.encryption.streaming import Segments
from adapters.encryption.upload import EncryptedUpload, write_content
from adapters.local.bounded_threads import BoundedThreads
from portal_core.files.content_ports import ContentKey, FileContent, FileStore, WrittenContent
from portal_core.kernel.errors import Unavailable

_UNFINISHED: Final = ".part"
_AT_ONCE: Final = 2
"""Segments in one read at most. With one, a long read takes a fifth longer; every more is memory for each download."""
_PRIVATE_FOLDER: Final = 0o700
_PRIVATE_FILE: Final = 0o600


@define(eq=False)
class EncryptedFolder(FileStore):
    """One file for each object, readable by the portal's user only: `7f/3c/0190…3c7f`.

    The folders are named by the end of the id, which is random; its start is the time, and would fill one folder after
    the other. An unfinished upload has a name of its own, `0190…3c7f.<random>.part`.
    """

    folder: Path
    _threads: BoundedThreads = field(init=False, factory=lambda: BoundedThreads("files", 4, 250))

    async def write(
        self, object_id: UUID, key: ContentKey, content: AsyncIterator[bytes], max_bytes: int
    ) -> WrittenContent:
        upload = _FolderUpload(object_id=object_id, key=key, root=self.folder, path=self._path(object_id))
        return await write_content(upload, content, max_bytes, self._threads.run)

    def content(self, object_id: UUID, key: ContentKey, size: int) -> FileContent:
        segments = Segments(size)
        stored = _StoredFile(self._path(object_id), segments.stored_size)
        return EncryptedContent(key, object_id, segments, stored, self._threads.run, at_once=_AT_ONCE)

    async def delete(self, object_id: UUID) -> None:
        await self._threads.run(self._delete, self._path(object_id))

    async def remove_leftovers(self, older_than: datetime) -> int:
        return await self._threads.run(self._remove_leftovers, older_than)

    async def check(self) -> str | None:
        """What is wrong with the folder, in one line, and what to do. A missing one is created by the first upload."""
        return await self._threads.run(self._problem)

    def close(self) -> None:
        """Release the threads."""
        self._threads.close()

    def _path(self, object_id: UUID) -> Path:
        name = object_id.hex
        return self.folder / name[-2:] / name[-4:-2] / name

    def _delete(self, path: Path) -> None:
        with _unavailable():
            found = [path, *path.parent.glob(f"{path.name}.*{_UNFINISHED}")]
            removed = [one for one in found if _removed(one)]
            if removed:
                _sync(path.parent)

    def _remove_leftovers(self, older_than: datetime) -> int:
        with _unavailable():
            found = self.folder.glob(f"*/*/*{_UNFINISHED}")
            return sum(_removed(one) for one in found if _modified_at(one) < older_than)

    def _problem(self) -> str | None:
        folder = self.folder
        try:
            found = folder.stat()
        except FileNotFoundError:
            parent = next(one for one in folder.absolute().parents if one.exists())
            writable = os.access(parent, os.W_OK | os.X_OK)
            return None if writable else f"{folder} cannot be created: let the portal's user write to {parent}"
        except OSError as error:
            return f"{folder} cannot be read ({error.strerror}): let the portal's user read the folders above it"
        if not stat.S_ISDIR(found.st_mode):
            return f"{folder} is not a folder: remove it, or name another one"
        if stat.S_IMODE(found.st_mode) & 0o077:
            return f"{folder} is open to other users of this machine: chmod 700 {folder}"
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            return f"{folder} cannot be read and written: make the portal's user its owner"
        return None


@define(eq=False, kw_only=True)
class _FolderUpload(EncryptedUpload):
    """Writes to a file of its own, which gets the object's name when it is on disk."""

    root: Path
    path: Path
    _part: Path = field(init=False)
    _file: FileIO | None = field(init=False, default=None)
    _kept: bool = field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        self._part = self.path.with_name(f"{self.path.name}.{os.urandom(8).hex()}{_UNFINISHED}")

    def begin(self) -> None:
        _make_folders(self.path.parent, self.root)
        self._file = FileIO(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE), "wb")

    def take(self, stored: bytes) -> None:
        assert self._file is not None
        rest = memoryview(stored)
        while rest:
            rest = rest[self._file.write(rest) :]

    def keep(self) -> None:
        assert self._file is not None
        if self.path.exists():
            raise FileExistsError(f"{self.path} exists, and is another content")
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.rename(self.path)
        self._kept = True
        _sync(self.path.parent)

    def undo(self) -> None:
        if self._file is not None:
            self._file.close()
            _removed(self._part)
        if self._kept:
            _removed(self.path)


@define
class _StoredFile(StoredBytes):
    path: Path
    stored_size: int

    def read(self, start: int, stop: int) -> bytes:
        with _unavailable(), FileIO(self.path) as file:
            found = os.fstat(file.fileno()).st_size
            if found != self.stored_size:
                raise OSError(f"{self.path} has {found} bytes, not {self.stored_size}")
            read = os.pread(file.fileno(), stop - start, start)
            if len(read) != stop - start:
                raise OSError(f"{self.path} ends early")
            return read


def _make_folders(folder: Path, root: Path) -> None:
    """Create what is missing of the folders, durably, so that the file in them is found after a power failure."""
    if folder.is_dir():
        return
    if folder == root:
        folder.parent.mkdir(parents=True, exist_ok=True)
    else:
        _make_folders(folder.parent, root)
    folder.mkdir(_PRIVATE_FOLDER, exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Put the names in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _removed(path: Path) -> bool:
    """Remove a file; whether there was one."""
    with suppress(FileNotFoundError):
        path.unlink()
        return True
    return False


def _modified_at(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:  # finished or removed since it was listed
        return datetime.max.replace(tzinfo=UTC)


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable from error
