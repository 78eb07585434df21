"""GIF (versions 87a and 89a): blocks from the header to the trailer."""

from typing import Final

from portal_core.files.kinds.content_reader import ContentReader, require

_SIGNATURES: Final = (b"GIF87a", b"GIF89a")
_IMAGE, _EXTENSION, _TRAILER = b",", b"!", b";"
_LABELS: Final = frozenset({0x01, 0xF9, 0xFE, 0xFF})
"""Plain text, graphic control, comment, application."""


def check_gif(reader: ContentReader) -> None:
    """Walk all blocks. Nothing may follow the trailer: no program that writes GIF appends anything of use."""
    require(reader.take(6) in _SIGNATURES)
    _skip_colors(reader, reader.take(7)[4])
    has_image = False
    while (kind := reader.take(1)) != _TRAILER:
        reader.count_part()
        if kind == _IMAGE:
            descriptor = reader.take(9)
            require(descriptor[4:6] != b"\0\0" and descriptor[6:8] != b"\0\0")
            _skip_colors(reader, descriptor[8])
            require(2 <= reader.number(1) <= 8)
            has_image = True
        else:
            require(kind == _EXTENSION and reader.number(1) in _LABELS)
        _skip_data(reader)
    require(has_image and reader.remaining == 0)


def _skip_colors(reader: ContentReader, flags: int) -> None:
    if flags & 0x80:
        reader.skip(3 << ((flags & 0x07) + 1))


def _skip_data(reader: ContentReader) -> None:
    """Move over sub-blocks, each behind its length, up to an empty one.

    They may be as short as one byte, so this loop is what a large hostile file spends its time in.
    """
    length = -1
    while length:
        piece, place = reader.ahead(1)
        end, start = len(piece), place
        while place < end and length:
            length = piece[place]
            place += length + 1
        reader.skip(place - start)
