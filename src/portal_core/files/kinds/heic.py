"""HEIC (ISO/IEC 23008-12): a still image in HEVC, in the boxes of ISO/IEC 14496-12."""

from collections.abc import Iterator
from typing import Final

from portal_core.files.kinds.content_reader import ContentReader, require

_STILL: Final = frozenset({b"heic", b"heix", b"heim", b"heis"})
"""Brands of images in HEVC. hevc, hevx, hevm, hevs and msf1 are brands of films, avif is of another codec."""
_ANY_CODEC: Final = b"mif1"
_FILM: Final = frozenset({b"moov", b"moof"})
_NEEDED_IN_META: Final = frozenset({b"hdlr", b"pitm", b"iloc", b"iinf", b"iprp"})
_MAX_BRANDS: Final = 64


def check_heic(reader: ContentReader) -> None:
    """Walk the boxes, which fill the file. Unknown ones are taken: phones put films of some seconds into them."""
    kinds = set[bytes]()
    for kind, end in _boxes(reader, reader.size):
        require((kind == b"ftyp") == (not kinds) and kind not in _FILM)
        if kind == b"ftyp":
            _check_brands(reader, end)
        elif kind == b"meta":
            require(b"meta" not in kinds)
            _check_meta(reader, end)
        kinds.add(kind)
    require({b"meta", b"mdat"} <= kinds)


def _boxes(reader: ContentReader, end: int) -> Iterator[tuple[bytes, int]]:
    """The kind and the end of each box up to `end`. What is not read of a box is skipped."""
    while reader.position < end:
        reader.count_part()
        start, length, kind = reader.position, reader.number(4), reader.take(4)
        if length == 1:
            length = reader.number(8)
        # Length 0, up to the end of the file, would hide that a file is truncated, and what is appended to it.
        box_end = start + length
        require(reader.position <= box_end <= end)
        yield kind, box_end
        reader.skip(box_end - reader.position)


def _check_brands(reader: ContentReader, end: int) -> None:
    length = end - reader.position
    require(8 <= length <= 4 * _MAX_BRANDS and length % 4 == 0)
    data = reader.take(length)
    main, others = data[:4], {data[at : at + 4] for at in range(8, length, 4)}
    require(main in _STILL or (main == _ANY_CODEC and not others.isdisjoint(_STILL)))


def _check_meta(reader: ContentReader, end: int) -> None:
    require(reader.number(4) == 0)
    kinds = set[bytes]()
    for kind, box_end in _boxes(reader, end):
        if kind == b"hdlr":
            require(box_end - reader.position >= 12)
            require(reader.take(12)[8:] == b"pict")
        kinds.add(kind)
    require(kinds >= _NEEDED_IN_META)
