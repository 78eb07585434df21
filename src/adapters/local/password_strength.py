"""Password strength by zxcvbn (Wheeler, USENIX Security 2016), which includes its own word lists.

It is imported when the first password is chosen: its lists take ten megabytes, which most processes never need.
"""

from math import prod

from attrs import define, field

from adapters.local.bounded_threads import BoundedThreads
from adapters.local.common_passwords import is_common_password
from portal_core.accounts.identity_provider import PasswordStrength

_MAX_CHECKED_LENGTH = 72
"""Characters. zxcvbn's time grows with the square of the length; more than 72 characters add no information."""
_MAX_WORK = 100_000
"""Substrings to look up, times the ways to read symbols as letters: about a fifth of a second."""


@define
class ZxcvbnStrength(PasswordStrength):
    """Lists of common passwords, and an estimate that knows words, names, dates, keyboards and repetitions.

    In one thread, because an estimate takes up to a fifth of a second. Raises `Overloaded` when eight wait.
    """

    _threads: BoundedThreads = field(factory=lambda: BoundedThreads("zxcvbn", 1, 8), init=False, repr=False)

    async def is_common(self, password: str) -> bool:
        return await self._threads.run(is_common_password, password)

    async def guesses_log10(self, password: str, words: tuple[str, ...]) -> float:
        return await self._threads.run(_guesses_log10, password, words)

    def close(self) -> None:
        """Release the thread."""
        self._threads.close()


def _guesses_log10(password: str, words: tuple[str, ...]) -> float:
    prefix = _prefix(password)
    if not prefix:
        return 0.0  # zxcvbn fails on an empty text
    from zxcvbn import zxcvbn

    return float(zxcvbn(prefix, user_inputs=list(words))["guesses_log10"])


def _prefix(password: str) -> str:
    """The prefix that is estimated. It is no harder to guess than the whole, so no weak password passes.

    zxcvbn reads symbols as letters in every combination. A text with all of its 21 symbols has 736 readings, and
    72 characters of them take ten seconds, during which nobody else is served.
    """
    text = password[:_MAX_CHECKED_LENGTH]
    while len(text) ** 2 * _interpretation_count(text) > _MAX_WORK:
        text = text[:-1]
    return text


def _interpretation_count(text: str) -> int:
    from zxcvbn.matching import L33T_TABLE

    characters = set(text)
    return prod(max(1, len(characters.intersection(symbols))) for symbols in L33T_TABLE.values())
