"""Normalization of text that one person writes and others read."""

import unicodedata

from portal_core.kernel.errors import Invalid

_BLANK = " \u115f\u1160\u2800\u3164\uffa0"
"""Characters that render as nothing. A text of these alone counts as empty."""


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
    """The text without white space at its ends; None if nothing is left."""
    return text.strip() or None if text is not None else None


def _fit(text: str, characters: str, path: str, max_length: int) -> str:
    if not characters.strip(_BLANK):
        raise Invalid.at(path, "empty", "Must not be empty.")
    if len(text) > max_length:
        raise Invalid.at(path, "too_long", f"Must be at most {max_length} characters.")
    if not characters.isprintable():
        raise Invalid.at(path, "characters_invalid", "Must not contain control or invisible characters.")
    return text
