"""Recognizes the kind of a file. Names and media types that a sender states are not looked at: they prove nothing."""

import re
from collections.abc import Callable
from typing import BinaryIO, Final

from portal_core.files.kinds.content_reader import ContentReader
from portal_core.files.kinds.disguises import refuse_pdf_header, refuse_zip_at_end
from portal_core.files.kinds.docx import check_docx
from portal_core.files.kinds.gif import check_gif
from portal_core.files.kinds.heic import check_heic
from portal_core.files.kinds.jpeg import check_jpeg
from portal_core.files.kinds.kind import KINDS, FileKind, FileKindName
from portal_core.files.kinds.pdf import check_pdf
from portal_core.files.kinds.png import check_png
from portal_core.files.kinds.text import check_text
from portal_core.files.kinds.webp import check_webp

Check = Callable[[ContentReader], None]
_STARTS: Final[tuple[tuple[re.Pattern[bytes], FileKindName, tuple[Check, ...]], ...]] = (
    (re.compile(rb"\xff\xd8"), "jpeg", (check_jpeg, refuse_zip_at_end, refuse_pdf_header)),
    (re.compile(rb"\x89PNG"), "png", (check_png, refuse_zip_at_end, refuse_pdf_header)),
    (re.compile(rb"GIF8"), "gif", (check_gif, refuse_zip_at_end, refuse_pdf_header)),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp", (check_webp, refuse_zip_at_end, refuse_pdf_header)),
    (re.compile(rb"....ftyp", re.DOTALL), "heic", (check_heic, refuse_zip_at_end, refuse_pdf_header)),
    (re.compile(rb"%PDF"), "pdf", (check_pdf, refuse_zip_at_end)),
    (re.compile(rb"PK\x03\x04"), "docx", (check_docx,)),
    (re.compile(rb""), "text", (check_text,)),
)
"""How the content of each kind starts, and what holds of it. The first that fits decides: a damaged PDF is no text."""
_START_LENGTH = 12


def recognize(content: BinaryIO, size: int) -> FileKind:
    """The kind of a content of `size` bytes. It takes time in proportion to the size, and little memory.

    Raises:
        KindNotAllowed: it is none of the kinds that are taken.
        ExpandsTooMuch: it is compressed beyond the limit.
        Whatever reading the content raises.
    """
    reader = ContentReader(content, size)
    start = reader.take(min(size, _START_LENGTH))
    name, checks = next((name, checks) for pattern, name, checks in _STARTS if pattern.match(start))
    for check in checks:
        reader.position = 0
        check(reader)
    return KINDS[name]
