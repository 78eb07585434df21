"""A file's content in memory."""

from collections.abc import AsyncIterator
from io import BytesIO
from typing import BinaryIO

from attrs import define

from portal_core.files.content_ports import FileContent
from portal_core.kernel.errors import Unavailable


@define
class MemoryContent(FileContent):
    """Content that is read in pieces of `piece_length` bytes, or that cannot be read at all."""

    data: bytes
    piece_length: int = 1_048_576
    is_readable: bool = True

    @property
    def size(self) -> int:
        return len(self.data)

    async def chunks(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        self._check()
        wanted = self.data[start:stop]
        for place in range(0, len(wanted), self.piece_length):
            yield wanted[place : place + self.piece_length]

    def open(self) -> BinaryIO:
        self._check()
        return BytesIO(self.data)

    def _check(self) -> None:
        if not self.is_readable:
            raise Unavailable
