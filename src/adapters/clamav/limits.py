"""Finds limits of clamd that are too low for the files that the portal takes, for `portal config check`."""

import io
import zipfile
from collections.abc import AsyncIterator
from typing import BinaryIO, Final

from attrs import frozen

from adapters.clamav.scanner import ClamdScanner
from adapters.local.signature_scanner import EICAR
from portal_core.files.content_ports import FileContent
from portal_core.kernel.errors import Unavailable

_PIECE: Final = 256 * 1024
_MEBIBYTE: Final = 1024 * 1024


async def limit_problem(scanner: ClamdScanner, max_bytes: int, max_expanded: int) -> str | None:
    """What clamd refuses or leaves out of a file of `max_bytes` bytes, or of a member of an archive that expands to
    `max_expanded` bytes: one line, with what to set.

    clamd tells nobody its limits, so it is given a file of each size with the EICAR test signature at the end. None too
    if its database knows the signature at the start of a file alone.

    Raises:
        Unavailable: clamd does not respond.
    """
    try:
        found = await scanner.scan(_Probe(bytes(max_bytes - len(EICAR)) + EICAR))
    except Unavailable:
        await scanner.version()
        return f"clamd does not take {max_bytes:,} bytes: set StreamMaxLength to {_setting(max_bytes)}"
    if found == "infected" and await scanner.scan(_Probe(_archive(max_expanded))) == "clean":
        return (
            f"clamd calls a member clean that expands to {max_expanded:,} bytes, and does not look at it: "
            f"set MaxFileSize to {_setting(max_expanded)} and MaxScanSize to {_setting(4 * max_expanded)}"
        )
    return None


def _setting(size: int) -> str:
    """In the form of clamd.conf, a little more than the size."""
    return f"{size // _MEBIBYTE + 5}M"


def _archive(expanded: int) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("probe", "w") as member:
        blank = expanded - len(EICAR)
        for _ in range(blank // _PIECE):
            member.write(bytes(_PIECE))
        member.write(bytes(blank % _PIECE) + EICAR)
    return written.getvalue()


@frozen
class _Probe(FileContent):
    _content: bytes

    @property
    def size(self) -> int:
        return len(self._content)

    async def chunks(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        whole = self._content[start:stop]
        for position in range(0, len(whole), _PIECE):
            yield whole[position : position + _PIECE]

    def open(self) -> BinaryIO:
        return io.BytesIO(self._content)
