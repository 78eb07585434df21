"""Plain text in UTF-8."""

import re
from codecs import getincrementaldecoder
from typing import Final

from portal_core.files.errors import KindNotAllowed
from portal_core.files.kinds.content_reader import ContentReader, require

_CONTROL_CHARACTERS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""All of Unicode's category Cc but tab, line feed and carriage return."""
_BYTE_ORDER_MARK: Final = "\ufeff"


def check_text(reader: ContentReader) -> None:
    """Decode all of it. Markup and scripts are text as well; nobody's browser is given them as anything else."""
    decoder, blank = getincrementaldecoder("utf-8")("strict"), True
    try:
        for piece in reader.pieces(reader.size):
            text = decoder.decode(piece)
            require(not _CONTROL_CHARACTERS.search(text))
            blank = blank and not text.strip().strip(_BYTE_ORDER_MARK).strip()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise KindNotAllowed from error
    require(not blank)
