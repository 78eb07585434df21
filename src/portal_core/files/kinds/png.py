"""PNG (ISO/IEC 15948): chunks with checksums, from IHDR to IEND."""

import zlib
from typing import Final

from portal_core.files.kinds.content_reader import ContentReader, require

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_MAX_LENGTH: Final = 2**31 - 1
_CRITICAL: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_BIT_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""By color type."""


def check_png(reader: ContentReader) -> None:
    """Walk all chunks. Nothing may follow the last one.

    Some editors of screenshots left the end of the first image behind the cut one, so such a file shows more than its
    sender wants to send.
    """
    require(reader.take(len(_SIGNATURE)) == _SIGNATURE)
    kind, seen = b"", set[bytes]()
    while kind != b"IEND":
        reader.count_part()
        length, previous = reader.number(4), kind
        kind = reader.take(4)
        require(length <= _MAX_LENGTH and kind.isalpha())
        require(kind in _CRITICAL or kind[0:1].islower())
        require((kind == b"IHDR") == (not seen))
        # The image data is one stream in neighboring chunks.
        require(kind != b"IDAT" or previous == b"IDAT" or b"IDAT" not in seen)
        _check_chunk(reader, kind, length)
        seen.add(kind)
    require(b"IDAT" in seen and length == 0 and reader.remaining == 0)


def _check_chunk(reader: ContentReader, kind: bytes, length: int) -> None:
    if kind == b"IHDR":
        require(length == 13)
        header = reader.take(length)
        width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
        depth, color, compression, filtering, interlace = header[8:]
        require(0 < width <= _MAX_LENGTH and 0 < height <= _MAX_LENGTH)
        require(depth in _BIT_DEPTHS.get(color, ()) and compression == filtering == 0 and interlace <= 1)
        checksum = zlib.crc32(header, zlib.crc32(kind))
    else:
        checksum = zlib.crc32(kind)
        for piece in reader.pieces(length):
            checksum = zlib.crc32(piece, checksum)
    require(reader.number(4) == checksum)
