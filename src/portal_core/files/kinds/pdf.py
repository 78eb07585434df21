"""PDF (ISO 32000): its first bytes and its end."""

import re
from typing import Final

from portal_core.files.kinds.content_reader import ContentReader, require

_HEADER: Final = re.compile(rb"%PDF-(1\.[0-7]|2\.0)[\r\n %]")
_END: Final = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF\Z")
_CROSS_REFERENCES: Final = re.compile(rb"\s*(xref\s|\d{1,10}\s+\d{1,5}\s+obj)")
_BLANKS: Final = b"\0\t\n\x0c\r "
_END_WITHIN: Final = 1024
"""Readers look for the end in that many bytes; what follows it is blank, so that nothing else can be appended."""


def check_pdf(reader: ContentReader) -> None:
    """Check the header at the very start, the end, and that the end leads to the cross-references.

    What is inside is not judged: scripts in a PDF are for the reader to refuse, and a virus for the scanner to find.
    """
    require(_HEADER.match(reader.take(9)) is not None)
    length = min(_END_WITHIN, reader.size)
    reader.position = reader.size - length
    end = _END.search(reader.take(length).rstrip(_BLANKS))
    start = int(end[1]) if end else reader.size
    require(start < reader.size)
    reader.position = start
    require(_CROSS_REFERENCES.match(reader.take(min(64, reader.remaining))) is not None)
