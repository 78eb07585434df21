"""JPEG (ISO/IEC 10918-1, annex B): marker segments, coded data, and the end marker."""

import re
from typing import Final

from portal_core.files.kinds.content_reader import ContentReader, require
from portal_core.files.kinds.disguises import refuse_disguised_trailer

_START, _END, _SCAN, _FILL = 0xD8, 0xD9, 0xDA, 0xFF
# C4, C8 and CC define tables, an extension, and the arithmetic conditioning.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Before C0 nothing is defined but TEM, and D0 to D7 stand in coded data only.
_SEGMENTS: Final = frozenset(range(0xC0, 0xFF)) - frozenset(range(0xD0, 0xDA))
_MARKER_IN_CODED_DATA: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
"""FF, but not before 0, where it is a value itself, before the number of a restart, or as filling before another FF."""
_NO_FILL: Final = re.compile(rb"[^\xff]")


def check_jpeg(reader: ContentReader) -> None:
    """Walk from the first marker to the end of the image, and look at what follows.

    Phones append to the image: Samsung's a block of notes to every photo, others a short film ("motion photo"), more
    images (CIPA DC-007, such as an HDR gain map) or a maker's own data. Refusing that would refuse the photos of most
    phones, and there is no list of its forms. So it is taken, unless it makes the file one of another kind as well.
    """
    _check_image(reader)
    refuse_disguised_trailer(reader)


def _check_image(reader: ContentReader) -> None:
    require(reader.take(2) == bytes((0xFF, _START)))
    has_frame = has_scan = False
    while (marker := _next_marker(reader)) != _END:
        reader.count_part()
        require(marker in _SEGMENTS)
        segment = reader.take(reader.number(2) - 2)
        if marker in _FRAMES:
            _check_frame(segment)
            has_frame = True
        elif marker == _SCAN:
            require(has_frame and len(segment) >= 6 and len(segment) == 4 + 2 * segment[0])
            reader.find(_MARKER_IN_CODED_DATA, 2)
            has_scan = True
    require(has_scan)


def _next_marker(reader: ContentReader) -> int:
    require(reader.number(1) == _FILL)
    reader.find(_NO_FILL, 1)
    return reader.number(1)


def _check_frame(segment: bytes) -> None:
    """The frame header: precision, height, width, and three bytes for each component."""
    require(len(segment) >= 9 and len(segment) == 6 + 3 * segment[5])
    require(segment[1:3] != b"\0\0" and segment[3:5] != b"\0\0")
