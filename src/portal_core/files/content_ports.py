"""Ports to files' content: where it is stored, how its kind is recognized, and what looks for malware in it."""

from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from datetime import datetime
from typing import BinaryIO, Literal, Protocol
from uuid import UUID

from attrs import field, frozen

from portal_core.files.kinds.kind import FileKind


@frozen
class ContentKey:
    """The key of one file's content, 256 random bits. It is stored encrypted with the client's key."""

    value: bytes = field(repr=False)

    @classmethod
    def of(cls, token: str) -> "ContentKey":
        """The key with the bits of a `TokenSource.token`."""
        return cls(urlsafe_b64decode(token + "=" * (-len(token) % 4)))


@frozen
class WrittenContent:
    """Size in bytes, and SHA-256, of what was written, before encryption."""

    size: int
    sha256: bytes


class FileContent(Protocol):
    """The content of one stored file, decrypted piece by piece as it is read. Making one reads nothing."""

    @property
    def size(self) -> int:
        """The size in bytes."""
        ...

    def chunks(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and without `stop` (None: the end), in pieces of at most 1 MiB.

        Raises (when iterated):
            Unavailable: the store does not respond, or what it holds is missing, altered or truncated.
        """
        ...

    def open(self) -> BinaryIO:
        """A seekable stream over the content, for code that runs in a worker thread: it blocks while it reads.

        Reading raises what `chunks` raises.
        """
        ...


class FileStore(Protocol):
    """Stores files' content encrypted. Nothing is in clear outside of memory, and no file is in memory whole."""

    async def write(
        self, object_id: UUID, key: ContentKey, content: AsyncIterator[bytes], max_bytes: int
    ) -> WrittenContent:
        """Store the content under a new id. It is stored whole and durably when this returns, or not at all.

        A crash in between may leave a part of it, which `content` refuses to read and `delete` removes.

        Raises:
            FileTooLarge: it has more than `max_bytes` bytes.
            Overloaded: too many contents are being written.
            Unavailable: the store does not respond.
        """
        ...

    def content(self, object_id: UUID, key: ContentKey, size: int) -> FileContent:
        """The content that was stored under this id, with this key and of this size in bytes."""
        ...

    async def remove_leftovers(self, older_than: datetime) -> int:
        """Remove what crashes left of uploads to which nothing was written since `older_than`; returns how many.

        Raises:
            Unavailable: the store does not respond.
        """
        ...

    async def delete(self, object_id: UUID) -> None:
        """Remove the content in all its versions, and what a crash left of it. A no-op if there is none.

        Raises:
            Unavailable: the store does not respond.
        """
        ...


class KindRecognizer(Protocol):
    """Recognizes the kind of a file by its content alone."""

    async def recognize(self, content: FileContent) -> FileKind:
        """The kind of the content.

        Raises:
            KindNotAllowed: it is none of the kinds that are taken.
            ExpandsTooMuch: it is compressed beyond the limit.
            Overloaded: too many files wait to be recognized.
            Unavailable: the content cannot be read.
        """
        ...


ScanResult = Literal["clean", "infected"]


class MalwareScanner(Protocol):
    """Looks for malware in a file's content."""

    async def scan(self, content: FileContent) -> ScanResult:
        """Whether the scanner found malware.

        Raises:
            Unavailable: the scanner does not respond, or responds anything but that the content is clean or infected.
        """
        ...
