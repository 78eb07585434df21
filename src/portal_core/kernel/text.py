"""What people write into a field that is shown to others: in which one form it is kept."""

import unicodedata
from urllib.parse import urlsplit

from portal_core.kernel.errors import Invalid

_BLANK = " \u115f\u1160\u2800\u3164\uffa0"
"""Letters and patterns that show nothing: a name of them alone is none."""


def single_line_text(text: str, path: str, max_length: int) -> str:
    """One line of text without control characters and such as turn its direction, spaces folded.

    Raises:
        Invalid: `empty`, `too_long` or `characters_invalid`.
    """
    folded = " ".join(unicodedata.normalize("NFC", text).split())
    return _fit(folded, folded, path, max_length)


def multi_line_text(text: str, path: str, max_length: int) -> str:
    """Lines of text, as in an address. Raises as `single_line_text`."""
    folded = [" ".join(row.split()) for row in unicodedata.normalize("NFC", text).splitlines()]
    return _fit("\n".join(row for row in folded if row), "".join(folded), path, max_length)


def _fit(text: str, characters: str, path: str, max_length: int) -> str:
    if not characters.strip(_BLANK):
        raise Invalid.at(path, "empty", "Write something here.")
    if len(text) > max_length:
        raise Invalid.at(path, "too_long", f"Use at most {max_length} characters.")
    if not characters.isprintable():
        raise Invalid.at(path, "characters_invalid", "Some characters here cannot be kept.")
    return text


def is_https_url(url: str) -> bool:
    """Whether this is an https URL with a host, without a user name and without characters that cannot be printed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and url.isprintable()
