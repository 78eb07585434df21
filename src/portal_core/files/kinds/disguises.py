"""Refuses files of one kind that other programs would open as another kind."""

import re
from typing import Final

from portal_core.files.kinds.content_reader import ContentReader, require

_PDF_HEADER_WITHIN = 1024
"""PDF readers look for the header in that many bytes (PDF Reference 1.7, appendix H, note 13)."""
_ZIP_END_LENGTH, _MAX_ZIP_COMMENT_LENGTH = 22, 65_535
_ZIP_END: Final = re.compile(rb"PK\x05\x06(?=.{8}(....)(....))", re.DOTALL)
"""The end of a zip, with the size and the place of its directory. Programs do not rely on the numbers before them."""
_IN_ZIP64 = 0xFFFFFFFF
_STARTS_OF_PROGRAMS: Final = (b"MZ", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
_OTHER_KINDS: Final = (
    *(b"%pdf-", b"rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    *(b"\x7felf\x01\x01\x01", b"\x7felf\x01\x02\x01", b"\x7felf\x02\x01\x01", b"\x7felf\x02\x02\x01"),
    *(b"this program cannot be", b"this program must be", b"<?php", b"<!doctype"),
    *(b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<svg"),
)
"""The starts of other kinds of files and of pages, in small letters. Each is long enough to be no accident in some
megabytes of film. They are looked for one by one, which is fast whatever stands there; alternatives of one expression
are tried at every byte."""
_ZIP_START: Final = re.compile(rb"pk\x03\x04[\x0a-\x3f]\x00")
_LONGEST = 32


def refuse_zip_at_end(reader: ContentReader) -> None:
    """Refuse what unpacks as a zip. A zip is found by its end, so that anything may stand before it."""
    length = min(reader.size, _ZIP_END_LENGTH + _MAX_ZIP_COMMENT_LENGTH)
    reader.position = reader.size - length
    tail = b"".join(reader.pieces(length))
    for match in _ZIP_END.finditer(tail):
        size, place = (int.from_bytes(match[number], "little") for number in (1, 2))
        end = reader.size - length + match.start()
        require(_IN_ZIP64 not in (size, place) and (size == 0 or place + size > end))


def refuse_pdf_header(reader: ContentReader) -> None:
    """Refuse what PDF readers would open."""
    reader.position = 0
    require(b"%PDF-" not in reader.take(min(reader.size, _PDF_HEADER_WITHIN)))


def refuse_disguised_trailer(reader: ContentReader) -> None:
    """Refuse a rest of the content that begins as a program, or that holds another kind of file or a page."""
    piece, start = reader.ahead(min(_LONGEST, reader.remaining))
    require(not piece.startswith(_STARTS_OF_PROGRAMS, start))
    seen = b""
    for piece in reader.pieces(reader.remaining):
        seen = seen[-_LONGEST:] + piece
        lowered = seen.lower()
        require(not any(start in lowered for start in _OTHER_KINDS) and not _ZIP_START.search(lowered))
