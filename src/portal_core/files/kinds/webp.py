"""WebP (RFC 9649): a RIFF file of one image or animation."""

from typing import Final

from portal_core.files.kinds.content_reader import ContentReader, require

_LOSSY, _LOSSLESS, _EXTENDED, _FRAME = b"VP8 ", b"VP8L", b"VP8X", b"ANMF"
_LOSSY_START: Final = b"\x9d\x01\x2a"
_HEAD_LENGTH: Final = 10


def check_webp(reader: ContentReader) -> None:
    """Walk all chunks. RIFF states the file's size, and nothing may follow."""
    require(reader.take(4) == b"RIFF" and _number(reader, 4) == reader.size - 8 and reader.take(4) == b"WEBP")
    kinds = set[bytes]()
    while not kinds or reader.remaining:
        reader.count_part()
        kind, length = reader.take(4), _number(reader, 4)
        require(all(0x20 <= byte < 0x7F for byte in kind))
        require(kind != _EXTENDED or not kinds)
        # A chunk of odd length is followed by one byte of padding.
        end = reader.position + length + length % 2
        _check_chunk(reader, kind, min(length, _HEAD_LENGTH))
        reader.skip(end - reader.position)
        kinds.add(kind)
    require(not kinds.isdisjoint({_LOSSY, _LOSSLESS, _FRAME}))
    require(_EXTENDED in kinds or kinds.isdisjoint({_FRAME, b"ALPH"}))


def _check_chunk(reader: ContentReader, kind: bytes, length: int) -> None:
    head = reader.take(length)
    if kind == _LOSSY:
        # A key frame, its start code, and a width and a height of 14 bits.
        require(length == _HEAD_LENGTH and not head[0] & 1 and head[3:6] == _LOSSY_START)
        require(all(int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (6, 8)))
    elif kind == _LOSSLESS:
        # The signature, two sizes of 14 bits, whether there is alpha, and the version, 0.
        require(length >= 5 and head[0] == 0x2F and head[4] >> 5 == 0)
    elif kind == _EXTENDED:
        require(length == _HEAD_LENGTH)


def _number(reader: ContentReader, count: int) -> int:
    return int.from_bytes(reader.take(count), "little")
