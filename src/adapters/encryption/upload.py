"""An upload that is encrypted as it comes, for every store of files."""

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Final
from uuid import UUID

from attrs import define, field

from adapters.encryption.content import Run
from adapters.encryption.streaming import ContentEncryptor
from portal_core.files.content_ports import ContentKey, WrittenContent
from portal_core.files.errors import FileTooLarge
from portal_core.kernel.errors import Overloaded, Unavailable

BATCH_BYTES: Final = 128 * 1024
"""What is collected before a thread encrypts it. That and what the encryptor holds back are in memory."""


@define(eq=False, kw_only=True)
class EncryptedUpload(ABC):
    """One upload. A store says what begins, takes, keeps and undoes it; all of these block.

    They run one after the other even if the upload is given up while one of them runs, and none runs after `undo`.
    """

    object_id: UUID
    key: ContentKey
    _encryptor: ContentEncryptor = field(init=False)
    _sha256: "hashlib._Hash" = field(init=False, factory=hashlib.sha256)
    _size: int = field(init=False, default=0)
    _working: Lock = field(init=False, factory=Lock)
    _given_up: bool = field(init=False, default=False)

    @abstractmethod
    def begin(self) -> None:
        """Open what takes the stored bytes."""

    @abstractmethod
    def take(self, stored: bytes) -> None:
        """Write stored bytes: header and segments, encrypted."""

    @abstractmethod
    def keep(self) -> None:
        """Make all that was taken the object's content, durably."""

    @abstractmethod
    def undo(self) -> None:
        """Remove all that was begun, taken or kept."""

    def start(self) -> None:
        with self._one_at_a_time():
            self._encryptor = ContentEncryptor(self.key, self.object_id)
            self.begin()

    def feed(self, pieces: Sequence[bytes | memoryview]) -> None:
        with self._one_at_a_time():
            for piece in pieces:
                self._sha256.update(piece)
                self._size += len(piece)
                self.take(self._encryptor.feed(piece))

    def finish(self) -> WrittenContent:
        with self._one_at_a_time():
            self.take(self._encryptor.finish())
            self.keep()
            return WrittenContent(self._size, self._sha256.digest())

    def give_up(self) -> None:
        with self._working:
            self._given_up = True
            with suppress(OSError, Unavailable):  # why it was given up matters more, and `delete` removes what is left
                self.undo()

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        with self._working:
            if self._given_up:
                raise Unavailable
            try:
                yield
            except OSError as error:  # the disk is full, or its folder may not be written
                raise Unavailable from error


async def write_content(
    upload: EncryptedUpload, content: AsyncIterator[bytes], max_bytes: int, run: Run
) -> WrittenContent:
    """Write the content, or nothing of it: whatever is raised, also by `content` or a cancellation, undoes the upload.

    Raises:
        FileTooLarge: it has more than `max_bytes` bytes. No more of `content` is asked for.
        Unavailable: the store does not respond.
        Overloaded: too much else is being written.
    """
    starting = True
    try:
        await run(upload.start)
        starting = False
        async for batch in _batches(content, max_bytes):
            await run(upload.feed, batch, begun=True)
        return await run(upload.finish, begun=True)
    except BaseException as error:
        if not (starting and isinstance(error, Overloaded)):  # then there is nothing to undo
            # Shielded, because the caller may cancel twice.
            await asyncio.shield(asyncio.ensure_future(run(upload.give_up, begun=True)))
        raise


async def _batches(content: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[list[memoryview]]:
    """The content in batches of `BATCH_BYTES` at most, however large or small its pieces are."""
    size, batch, collected = 0, list[memoryview](), 0
    async for piece in content:
        size += len(piece)
        if size > max_bytes:
            raise FileTooLarge(detail=f"It may have {max_bytes:,} bytes at most.")
        rest = memoryview(piece)
        while rest:
            part, rest = rest[: BATCH_BYTES - collected], rest[BATCH_BYTES - collected :]
            batch.append(part)
            collected += len(part)
            if collected == BATCH_BYTES:
                yield batch
                batch, collected = [], 0
    if batch:
        yield batch
