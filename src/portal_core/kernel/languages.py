"""The languages that the portal speaks."""

from typing import Literal, get_args

Language = Literal["en", "es"]
"""What notices are written in."""
LANGUAGES: tuple[Language, ...] = get_args(Language)
