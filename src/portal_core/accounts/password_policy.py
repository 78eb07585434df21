"""Which passwords are accepted. NIST SP 800-63B-4, 3.1.1.2, and OWASP ASVS 5.0, 6.2: minimum length, no common
passwords, no context words; no composition rules, no rotation, and every character counts as one."""

import re
import unicodedata
from datetime import date

from portal_core.accounts.errors import InvalidPassword
from portal_core.accounts.identity_provider import PasswordStrength
from portal_core.accounts.settings import AccountRules

MAX_LENGTH = 128
"""NIST requires at least 64 to be allowed; so does ASVS 5.0, 6.2.9. Longer ones cost hashing time for no benefit."""

MIN_GUESSES_LOG10 = 8.0
"""zxcvbn's score 3 (at least 10^8 guesses): safe from guessing even where the hashes were stolen (Wheeler 2016)."""

MIN_OWN_LENGTH = 8
"""Characters that must remain when the words about the person and the practice are removed; this project's choice."""

_WORD = 4
"""Context words shorter than this are too common within other words to be removed."""

_SURROGATES = re.compile("[\ud800-\udfff]")


def normalize_password(password: str) -> str:
    """Normalize to NFC (RFC 8265, OpaqueString), so that two keyboards yield the same password. Never fails."""
    return unicodedata.normalize("NFC", _SURROGATES.sub("�", password))


def forbidden_words(*texts: str) -> tuple[str, ...]:
    """Words that a password may not consist of: these names and addresses, whole and word by word, longest first."""
    found = {word for text in texts for word in (text, *re.split(r"[\W_]+", text))}
    folded = {word.casefold() for word in found if len(word) >= _WORD}
    return tuple(sorted(folded, key=lambda word: (-len(word), word)))


def date_of_birth_words(date_of_birth: date) -> tuple[str, ...]:
    """A date of birth as people write it in figures: in any order, with separators or without, in two digits too."""
    year, month, day = f"{date_of_birth:%Y}", f"{date_of_birth:%m}", f"{date_of_birth:%d}"
    orders = [
        order for years in (year, year[2:]) for order in ((years, month, day), (day, month, years), (month, day, years))
    ]
    return tuple(separator.join(order) for order in orders for separator in ("", "-", ".", "/"))


async def check_new_password(
    password: str, *, rules: AccountRules, words: tuple[str, ...], strength: PasswordStrength, path: str = "password"
) -> str:
    """Check that the password may be set, and return it normalized; `path` names the field that it came from.

    Raises:
        InvalidPassword: with the code `password_too_short`, `password_too_long`, `password_common`,
            `password_from_context` or `password_guessable`.
        Overloaded: too many passwords are being checked.
    """
    text = normalize_password(password)
    if len(text) < rules.min_password_length:
        raise InvalidPassword.at(
            path, "password_too_short", f"Must be at least {rules.min_password_length} characters long."
        )
    if len(text) > MAX_LENGTH:
        raise InvalidPassword.at(path, "password_too_long", f"Must be at most {MAX_LENGTH} characters long.")
    if await strength.is_common(text):
        raise InvalidPassword.at(path, "password_common", "Must not be a common password, with or without additions.")
    own = text.casefold()
    for word in words:
        own = own.replace(word, "")
    if len(own) < MIN_OWN_LENGTH:
        raise InvalidPassword.at(
            path,
            "password_from_context",
            "Must not consist of your name, your email, your date of birth or the practice's name.",
        )
    if await strength.guesses_log10(text, words) < MIN_GUESSES_LOG10:
        raise InvalidPassword.at(path, "password_guessable", "Must be harder to guess. Try a few unrelated words.")
    return text
