"""Which passwords are taken. NIST SP 800-63B-4, 3.1.1.2, and OWASP ASVS 5.0, 6.2: length, no common ones, no words of
the context; no rules of composition, no rotation, and every character counts as one."""

import re
import unicodedata

from portal_core.accounts.errors import InvalidPassword
from portal_core.accounts.identity_provider import PasswordStrength
from portal_core.accounts.settings import AccountRules

MAX_LENGTH = 128
"""NIST asks to allow 64 at least; ASVS 5.0, 6.2.9, as well. More costs hashing time and gives nothing."""

MIN_GUESSES_LOG10 = 8.0
"""zxcvbn's score 3 (10^8 guesses and more): safe from guessing even where the hashes were stolen (Wheeler 2016)."""

MIN_OWN_LENGTH = 8
"""Characters that must be left when the words about the person and the practice are taken out: a choice of ours."""

_WORD = 4
"""Words of the context shorter than this are too common in other words to be taken out."""

_SURROGATES = re.compile("[\ud800-\udfff]")


def normalize_password(password: str) -> str:
    """NFC (RFC 8265, OpaqueString), so that one password typed on two keyboards is one. Never fails."""
    return unicodedata.normalize("NFC", _SURROGATES.sub("�", password))


def forbidden_words(*texts: str) -> tuple[str, ...]:
    """What a password may not be made of: these names and addresses, whole and word by word, the longest first."""
    found = {word for text in texts for word in (text, *re.split(r"[\W_]+", text))}
    folded = {word.casefold() for word in found if len(word) >= _WORD}
    return tuple(sorted(folded, key=lambda word: (-len(word), word)))


def check_new_password(
    password: str, *, rules: AccountRules, words: tuple[str, ...], strength: PasswordStrength, path: str = "password"
) -> str:
    """The password, normalised, when it may be set; `path` names the field that it came from.

    Raises:
        InvalidPassword: with the code `password_too_short`, `password_too_long`, `password_common`,
            `password_from_context` or `password_guessable`.
    """
    text = normalize_password(password)
    if len(text) < rules.min_password_length:
        raise InvalidPassword.at(path, "password_too_short", f"Use at least {rules.min_password_length} characters.")
    if len(text) > MAX_LENGTH:
        raise InvalidPassword.at(path, "password_too_long", f"Use at most {MAX_LENGTH} characters.")
    if strength.is_common(text):
        raise InvalidPassword.at(path, "password_common", "This password is among the first that are tried.")
    own = text.casefold()
    for word in words:
        own = own.replace(word, "")
    if len(own) < MIN_OWN_LENGTH:
        raise InvalidPassword.at(
            path, "password_from_context", "This is made of your name, your email or the practice's name."
        )
    if strength.guesses_log10(text, words) < MIN_GUESSES_LOG10:
        raise InvalidPassword.at(path, "password_guessable", "This is easy to guess. A few unrelated words are better.")
    return text
