"""PDF (ISO 32000): its first bytes and its end."""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from portal_core.files.errors import KindNotAllowed
from portal_core.files.kinds.content_reader import ContentReader, require
from portal_core.files.kinds.zip_archive import MAX_EXPANDED_BYTES, Expansion, expand_piece

_HEADER: Final = re.compile(rb"%PDF-(1\.[0-7]|2\.0)[\r\n %]")
_END: Final = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\Z")
_CROSS_REFERENCES: Final = re.compile(rb"\s*(xref\s|\d{1,10}\s+\d{1,5}\s+obj)")
_BLANKS: Final = b"\0\t\n\x0c\r "
_END_WITHIN: Final = 1024
"""Readers look for the end in that many bytes; what follows it is blank, so that nothing else can be appended."""


_STREAM: Final = re.compile(rb"(?<!end)stream[\r\n]")
_STREAM_LENGTH: Final = 7
_INPUT_LENGTH: Final = 16_384
_OUTPUT_LENGTH: Final = 65_536
"""At a fault, what was expanded since the last piece is lost, and its cost is that of so many bytes at most."""
_MAX_OF_ALL_STREAMS: Final = 4 * MAX_EXPANDED_BYTES
"""ClamAV scans no more of a file (MaxScanSize), and no stream that expands to more than 100 MB (MaxFileSize)."""


def check_pdf(reader: ContentReader) -> None:
    """Check the header at the very start, the end, and that the end leads to the cross-references.

    What is inside is not judged: scripts in a PDF are for the reader to refuse, and a virus for the scanner to find. So
    no stream may expand to more than a scanner looks into.
    """
    require(_HEADER.match(reader.take(9)) is not None)
    length = min(_END_WITHIN, reader.size)
    reader.position = reader.size - length
    end = _END.search(reader.take(length).rstrip(_BLANKS))
    start = int(end[1]) if end else reader.size
    require(start < reader.size)
    reader.position = start
    require(_CROSS_REFERENCES.match(reader.take(min(64, reader.remaining))) is not None)
    reader.position = 0
    for _ in expanded_streams(reader):
        pass


def expanded_streams(reader: ContentReader) -> Iterator[bytes]:
    """What the compressed streams of a PDF expand to, in pieces.

    Raises:
        ExpandsTooMuch: a stream has more than 100 MB, or all of them more than 400.
    """
    all_streams = Expansion(_MAX_OF_ALL_STREAMS)
    while _go_to_stream(reader):
        start, one_stream = reader.position, Expansion(MAX_EXPANDED_BYTES)
        try:
            for piece in _inflated(reader):
                one_stream.count(len(piece))
                all_streams.count(len(piece))
                yield piece
        except zlib.error:
            # It is not compressed, or in another way. There may be others in it, so what was read is read again.
            all_streams.count(_OUTPUT_LENGTH + reader.position - start)
            reader.position = start


def _go_to_stream(reader: ContentReader) -> bool:
    """Move to the data of the next stream; whether there is one."""
    try:
        reader.find(_STREAM, _STREAM_LENGTH)
        reader.skip(_STREAM_LENGTH)
        if reader.take(1) != b"\n":
            reader.position -= 1
    except KindNotAllowed:  # the content ends
        return False
    return True


def _inflated(reader: ContentReader) -> Iterator[bytes]:
    """The stream that begins at the reader's position, which moves to its end."""
    inflater = zlib.decompressobj()
    while not inflater.eof and reader.remaining:
        packed = reader.take(min(reader.remaining, _INPUT_LENGTH))
        yield from expand_piece(inflater, packed, _OUTPUT_LENGTH)
    reader.position -= len(inflater.unused_data)
