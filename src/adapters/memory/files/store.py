"""Files' content in memory, encrypted as everywhere, so that a wrong key or size is refused."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from attrs import define, field

from adapters.encryption.content import EncryptedContent, StoredBytes
from adapters.encryption.streaming import Segments
from adapters.encryption.upload import EncryptedUpload, write_content
from portal_core.files.content_ports import ContentKey, FileContent, FileStore, WrittenContent
from portal_core.kernel.errors import Unavailable

Result = TypeVar("Result")


@define(eq=False)
class MemoryFileStore(FileStore):
    """`objects` holds what is stored, encrypted; tests may alter it. `away`: the store does not respond."""

    objects: dict[UUID, bytes] = field(factory=dict)
    away: bool = False

    async def write(
        self, object_id: UUID, key: ContentKey, content: AsyncIterator[bytes], max_bytes: int
    ) -> WrittenContent:
        upload = _MemoryUpload(object_id=object_id, key=key, store=self)
        return await write_content(upload, content, max_bytes, _run)

    def content(self, object_id: UUID, key: ContentKey, size: int) -> FileContent:
        segments = Segments(size)
        stored = _StoredObject(self, object_id, segments.stored_size)
        return EncryptedContent(key, object_id, segments, stored, _run, at_once=1)

    async def delete(self, object_id: UUID) -> None:
        self.require_response()
        self.objects.pop(object_id, None)

    async def remove_leftovers(self, older_than: datetime) -> int:
        self.require_response()
        return 0

    def require_response(self) -> None:
        if self.away:
            raise Unavailable


@define(eq=False, kw_only=True)
class _MemoryUpload(EncryptedUpload):
    store: MemoryFileStore
    _taken: bytearray = field(init=False, factory=bytearray)
    _kept: bool = field(init=False, default=False)

    def begin(self) -> None:
        self.store.require_response()

    def take(self, stored: bytes) -> None:
        self._taken += stored

    def keep(self) -> None:
        self.store.require_response()
        if self.object_id in self.store.objects:
            raise FileExistsError(f"{self.object_id} is another content")
        self.store.objects[self.object_id] = bytes(self._taken)
        self._kept = True

    def undo(self) -> None:
        if self._kept:
            del self.store.objects[self.object_id]


@define
class _StoredObject(StoredBytes):
    store: MemoryFileStore
    object_id: UUID
    stored_size: int

    def read(self, start: int, stop: int) -> bytes:
        self.store.require_response()
        found = self.store.objects.get(self.object_id)
        if found is None or len(found) != self.stored_size:
            raise Unavailable
        return found[start:stop]


async def _run(work: Callable[..., Result], *arguments: object, begun: bool = False) -> Result:  # noqa: ARG001  (nothing waits here)
    """Run it here: nothing blocks."""
    return work(*arguments)
