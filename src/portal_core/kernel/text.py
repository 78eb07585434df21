"""Normalization of text that one person writes and others read."""

import re
import unicodedata

from portal_core.kernel.errors import Invalid

_BLANK = " \u115f\u1160\u2800\u3164\uffa0"
"""Characters that render as nothing. A text of these alone counts as empty."""
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tab and line breaks, those that change the direction of what follows, and surrogates."""
# The letters with a stroke or ligature that Unicode does not decompose, as people type them without.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)


def folded(text: str) -> str:
    """The text in small letters, without marks such as accents (Unicode NFKD, case-folded)."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in apart if not unicodedata.category(char).startswith("M")).translate(_LETTERS)


def single_line_text(text: str, path: str, max_length: int) -> str:
    """Return one line of text, normalized (NFC) and with runs of white space folded to one space.

    Control characters and characters that change the text direction are refused.

    Raises:
        Invalid: `empty`, `too_long` or `characters_invalid`.
    """
    folded = " ".join(unicodedata.normalize("NFC", text).split())
    return _fit(folded, folded, path, max_length)


def multi_line_text(text: str, path: str, max_length: int) -> str:
    """As `single_line_text`, for text with several lines, such as an address. Blank lines are removed.

    Raises:
        Invalid: `empty`, `too_long` or `characters_invalid`.
    """
    folded = [" ".join(row.split()) for row in unicodedata.normalize("NFC", text).splitlines()]
    return _fit("\n".join(row for row in folded if row), "".join(folded), path, max_length)


def text_or_none(text: str | None) -> str | None:
    """The text without white space at its ends; None if nothing that can be seen is left."""
    if text is None or not text.strip().strip(_BLANK + _ZERO_WIDTH):
        return None
    return text.strip()


def check_free_text(text: str, path: str, max_length: int) -> None:
    """Check text of several lines that is kept as it was written, with emoji and joiners.

    Raises:
        Invalid: `too_long` or `characters_invalid`.
    """
    if len(text) > max_length:
        raise Invalid.at(path, "too_long", f"Must be at most {max_length} characters.")
    if _HIDDEN.search(text):
        raise Invalid.at(path, "characters_invalid", "Must not contain control characters.")


def _fit(text: str, characters: str, path: str, max_length: int) -> str:
    if not characters.strip(_BLANK):
        raise Invalid.at(path, "empty", "Must not be empty.")
    if len(text) > max_length:
        raise Invalid.at(path, "too_long", f"Must be at most {max_length} characters.")
    if not characters.isprintable():
        raise Invalid.at(path, "characters_invalid", "Must not contain control or invisible characters.")
    return text
