"""Reads a file's content by position, in pieces."""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from attrs import define, field

from portal_core.files.errors import KindNotAllowed

PIECE_LENGTH: Final = 1_048_576
"""What is in memory at once. A store decrypts its content in pieces of this length."""
MAX_PARTS: Final = 20_000
"""Segments, chunks, blocks or boxes in one file. A photo has some hundreds, an animation some thousands; a file
of empty ones would take many seconds."""


def require(condition: bool) -> None:
    """Refuse the content unless the condition holds.

    Raises:
        KindNotAllowed: it does not hold.
    """
    if not condition:
        raise KindNotAllowed


@define
class ContentReader:
    """A position in the content, which the methods move.

    They raise `KindNotAllowed` where the content ends too early, and what reading it raises.
    """

    _content: BinaryIO = field(repr=False)
    size: int
    position: int = 0
    _piece: bytes = field(init=False, default=b"", repr=False)
    _piece_start: int = field(init=False, default=0)
    _parts: int = field(init=False, default=0)

    @property
    def remaining(self) -> int:
        """How many bytes follow the position."""
        return self.size - self.position

    def count_part(self) -> None:
        """Count one part of the file, and refuse a file of too many."""
        self._parts += 1
        require(self._parts <= MAX_PARTS)

    def take(self, count: int) -> bytes:
        """The next `count` bytes, at most 64 KiB."""
        require(count >= 0)
        piece, start = self.ahead(count)
        self.position += count
        return piece[start : start + count]

    def number(self, count: int) -> int:
        """The next `count` bytes as a number, the high byte first."""
        return int.from_bytes(self.take(count))

    def skip(self, count: int) -> None:
        """Move over `count` bytes without reading them."""
        require(0 <= count <= self.remaining)
        self.position += count

    def pieces(self, count: int) -> Iterator[bytes]:
        """The next `count` bytes, in pieces."""
        end = self.position + count
        require(end <= self.size)
        while self.position < end:
            piece, start = self.ahead(1)
            taken = piece[start : start + end - self.position]
            self.position += len(taken)
            yield taken

    def find(self, pattern: re.Pattern[bytes], length: int) -> None:
        """Move to the next match of a pattern, all of whose matches have `length` bytes."""
        while True:
            piece, start = self.ahead(length)
            if match := pattern.search(piece, start):
                self.position = self._piece_start + match.start()
                return
            self.position = self._piece_start + len(piece) - (length - 1)

    def ahead(self, count: int) -> tuple[bytes, int]:
        """The piece of the content that holds at least the next `count` bytes, and where in it they begin."""
        start, end = self.position - self._piece_start, self.position + count
        if not (start >= 0 and end <= self._piece_start + len(self._piece)):
            require(end <= self.size)
            self._piece, self._piece_start, start = self._read(), self.position, 0
            require(len(self._piece) >= count)
        return self._piece, start

    def _read(self) -> bytes:
        self._content.seek(self.position)
        read = bytearray()
        wanted = min(PIECE_LENGTH, self.remaining)
        # A stream may return less than it is asked for.
        while len(read) < wanted and (more := self._content.read(wanted - len(read))):
            read += more
        return bytes(read)
