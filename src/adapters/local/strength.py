"""How easily a password is guessed: zxcvbn (Wheeler, USENIX Security 2016), which carries its lists with it."""

from attrs import define
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from portal_core.accounts.identity import PasswordStrength

_MOST_LOOKED_AT = 72
"""zxcvbn's time grows with the square of the length; what 72 characters do not tell, more do not."""
_COMMON = frozenset(FREQUENCY_LISTS["passwords"])


@define
class ZxcvbnStrength(PasswordStrength):
    """30,000 common passwords, and an estimate that knows words, names, dates, keyboards and repetitions."""

    def is_common(self, password: str) -> bool:
        return password.lower() in _COMMON

    def guesses_log10(self, password: str, words: tuple[str, ...]) -> float:
        judged = zxcvbn(password[:_MOST_LOOKED_AT], user_inputs=list(words), max_length=_MOST_LOOKED_AT)
        return float(judged["guesses_log10"])
