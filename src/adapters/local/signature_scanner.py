"""Looks for the EICAR test signature. This is no antivirus: it shows that files are scanned, and finds no malware."""

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import define, field

from adapters.local.bounded_threads import BoundedThreads
from portal_core.files.content_ports import FileContent, MalwareScanner, ScanResult
from portal_core.files.errors import FileRejected
from portal_core.files.kinds.content_reader import ContentReader
from portal_core.files.kinds.pdf import expanded_streams
from portal_core.files.kinds.zip_archive import Expansion, expand, read_members
from portal_core.kernel.errors import Overloaded, Unavailable

# In one piece it would stop virus scanners on the machines of those who have this repository.
EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@define
class SignatureScanner(MalwareScanner):
    """Looks in the content as it is, in the members of a DOCX, and in the compressed streams of a PDF."""

    threads: int = 1
    max_waiting: int = 16
    _threads: BoundedThreads = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._threads = BoundedThreads("signatures", self.threads, self.max_waiting)

    async def scan(self, content: FileContent) -> ScanResult:
        try:
            return await self._threads.run(_scan, content)
        except (Overloaded, FileRejected) as error:
            # A content that no recognizer has taken cannot be called clean.
            raise Unavailable from error

    def close(self) -> None:
        """Release the threads."""
        self._threads.close()


def _scan(content: FileContent) -> ScanResult:
    with content.open() as stream:
        reader = ContentReader(stream, content.size)
        return "infected" if any(_holds_signature(pieces) for pieces in _layers(reader)) else "clean"


def _holds_signature(pieces: Iterable[bytes]) -> bool:
    seen = b""
    for piece in pieces:
        seen = seen[1 - len(EICAR) :] + piece
        if EICAR in seen:
            return True
    return False


def _layers(reader: ContentReader) -> Iterator[Iterator[bytes]]:
    """The content itself, and what is compressed in it; each in pieces."""
    start = reader.take(min(reader.size, 4))
    reader.position = 0
    yield reader.pieces(reader.size)
    if start == b"PK\x03\x04":
        expansion = Expansion.of_file(reader.size)
        for member in read_members(reader):
            yield expand(reader, member, expansion)
    elif start == b"%PDF":
        reader.position = 0
        yield expanded_streams(reader)
