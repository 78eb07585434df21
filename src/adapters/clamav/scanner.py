"""Malware scans by ClamAV's daemon, which is given the content over a socket (clamd(8), command INSTREAM)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen

from portal_core.files.content_ports import FileContent, MalwareScanner, ScanResult
from portal_core.kernel.errors import Unavailable

CONNECT_SECONDS: Final = 5.0
SCAN_SECONDS: Final = 150.0
"""For a whole scan. Longer than clamd's own limit, MaxScanTime, which is two minutes unless it is configured."""
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def _check_address(_: object, __: "Attribute[str]", address: str) -> None:
    """A ValueError says what an address is."""
    if not address.startswith("/") and not (urlsplit(f"//{address}").hostname and urlsplit(f"//{address}").port):
        raise ValueError("must be the path of a socket, such as /run/clamav/clamd.ctl, or host:port")


@frozen
class ClamdScanner(MalwareScanner):
    """Scans at `address`: the path of clamd's socket, or host:port. The content is not encrypted on its way there.

    clamd calls clean what it does not look at: a member of an archive, for example, that expands to more than its
    MaxFileSize: 100 MiB unless it is configured, but 25 in Debian's clamd.conf. Content that a `KindRecognizer` takes
    expands to 100 MB at most, and `limit_problem` finds lower limits.
    """

    address: str = field(validator=_check_address)
    connect_seconds: float = CONNECT_SECONDS
    scan_seconds: float = SCAN_SECONDS

    async def scan(self, content: FileContent) -> ScanResult:
        async with self._connection(self.scan_seconds) as (reader, writer):
            writer.write(b"zINSTREAM\0")
            async for piece in content.chunks():
                if piece:  # an empty one would be the end
                    writer.write(len(piece).to_bytes(4) + piece)
                    await writer.drain()
            writer.write(bytes(4))
            reply = await reader.readuntil(b"\0")
        if reply == b"stream: OK\0":
            return "clean"
        if reply.startswith(b"stream: ") and reply.endswith(b" FOUND\0"):
            return "infected"
        raise Unavailable

    async def version(self) -> str:
        """The version of clamd, of its database and the database's date, such as "ClamAV 1.4.6/27000/Mon Nov 30 2026".

        Raises:
            Unavailable: clamd does not respond, or another program does.
        """
        async with self._connection(self.connect_seconds) as (reader, writer):
            writer.write(b"zVERSION\0")
            reply = (await reader.readuntil(b"\0"))[:-1].decode("ascii", "replace")
        if not reply.startswith("ClamAV "):
            raise Unavailable
        return reply

    @asynccontextmanager
    async def _connection(self, seconds: float) -> AsyncIterator[_Streams]:
        """A connection for one command, which takes so many seconds at most.

        Raises:
            Unavailable: it cannot be made, is cut, takes too long, or too much comes back.
        """
        try:
            async with asyncio.timeout(seconds):
                reader, writer = await self._connect()
                try:
                    yield reader, writer
                finally:
                    # Closing would wait until clamd has read everything.
                    writer.transport.abort()
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            raise Unavailable from error

    async def _connect(self) -> _Streams:
        async with asyncio.timeout(self.connect_seconds):
            if self.address.startswith("/"):
                return await asyncio.open_unix_connection(self.address)
            parts = urlsplit(f"//{self.address}")
            return await asyncio.open_connection(parts.hostname, parts.port)
