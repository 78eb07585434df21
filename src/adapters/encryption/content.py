"""Stored content that is decrypted as it is read, for every store of files."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import BinaryIO, Protocol, TypeVar
from uuid import UUID

from attrs import define, field, frozen

from adapters.encryption.cipher import DecryptionFailed
from adapters.encryption.streaming import HEADER_BYTES, ContentDecryptor, Segments
from portal_core.files.content_ports import ContentKey, FileContent
from portal_core.kernel.errors import Unavailable

Result = TypeVar("Result")


class Run(Protocol):
    """Runs blocking work where it blocks nobody, as `BoundedThreads.run` does."""

    def __call__(self, work: Callable[..., Result], *arguments: object, begun: bool = False) -> Awaitable[Result]: ...


class StoredBytes(Protocol):
    """What a store holds of one content: header and segments."""

    def read(self, start: int, stop: int) -> bytes:
        """Exactly the stored bytes from `start` up to and without `stop`. Blocks.

        Raises:
            Unavailable: the store does not respond, or holds nothing, or something of another size.
        """
        ...


@frozen
class _Segment:
    """A decrypted segment, and its position in the content."""

    start: int
    plain: bytes

    @property
    def stop(self) -> int:
        return self.start + len(self.plain)

    def between(self, start: int, stop: int) -> bytes:
        return self.plain[max(0, start - self.start) : max(0, stop - self.start)]


@define(eq=False)
class EncryptedContent(FileContent):
    """Reads the segments that a range needs and no others; `at_once` is the most that one read of the store takes.

    `segments_read` counts them, for tests and benchmarks.
    """

    key: ContentKey
    object_id: UUID
    segments: Segments
    _stored: StoredBytes
    _run: Run
    at_once: int
    segments_read: int = field(init=False, default=0)
    _decryptor: ContentDecryptor | None = field(init=False, default=None)

    @property
    def size(self) -> int:
        return self.segments.size

    async def chunks(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        stop = self.size if stop is None else min(stop, self.size)
        if not self.size:
            await self._run(self.read_segments, 0, 1)  # it may be missing or altered all the same
        position = start
        while position < stop:
            for segment in await self._run(self.read_segments, position, stop, begun=position > start):
                piece = segment.between(position, stop)
                position += len(piece)
                yield piece

    def open(self) -> BinaryIO:
        return io.BufferedReader(_ContentStream(self))

    def read_segments(self, start: int, stop: int) -> list[_Segment]:
        """The segments from the one that holds `start`, up to `stop` or as far as one read of the store goes. Blocks.

        Raises:
            Unavailable: the store does not respond, or what it holds is missing, altered or truncated.
        """
        segments, first = self.segments, self.segments.number_at(start)
        last = min(segments.number_at(stop - 1), segments.count - 1, first + self.at_once - 1)
        offset = segments.stored_start(first)
        try:
            if first and self._decryptor is None:
                self._decryptor = self._decryptor_of(self._stored.read(0, HEADER_BYTES))
            stored = memoryview(self._stored.read(offset, segments.stored_stop(last)))
            decryptor = self._decryptor or self._decryptor_of(bytes(stored[:HEADER_BYTES]))
            found = []
            for number in range(first, last + 1):
                part = stored[segments.stored_start(number) - offset : segments.stored_stop(number) - offset]
                found.append(_Segment(segments.start(number), decryptor.segment(number, part)))
        except DecryptionFailed as error:
            raise Unavailable from error
        self._decryptor = decryptor
        self.segments_read += len(found)
        return found

    def _decryptor_of(self, header: bytes) -> ContentDecryptor:
        return ContentDecryptor(self.key, self.object_id, self.segments, header)


class _ContentStream(io.RawIOBase):
    """A seekable stream. It keeps what it read last, because readers take a few kilobytes at a time."""

    def __init__(self, content: EncryptedContent) -> None:
        self._content = content
        self._position = 0
        self._kept: Sequence[_Segment] = ()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._content.size}[whence]
        if base + offset < 0:
            raise ValueError("the position is before the start")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer
        start = self._position
        stop = min(self._content.size, start + len(buffer))
        if start < stop and not (self._kept and self._kept[0].start <= start < self._kept[-1].stop):
            goes_on = self._kept and start == self._kept[-1].stop  # so it will go on further
            self._kept = self._content.read_segments(start, self._content.size if goes_on else stop)
        elif not self._content.size and not self._kept:
            self._kept = self._content.read_segments(0, 1)
        for segment in self._kept:
            piece = segment.between(self._position, stop)
            buffer[self._position - start : self._position - start + len(piece)] = piece
            self._position += len(piece)
        return self._position - start
