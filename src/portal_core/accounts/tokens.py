"""What tokens and codes look like, and the only form in which they are kept."""

import hashlib
import hmac

from portal_core.kernel.codes import normalize_code
from portal_core.kernel.sources import TokenSource

RECOVERY_CODE_COUNT = 10
_PARTS = 3
_LENGTH = 24


def hash_token(token: str) -> bytes:
    """SHA-256. Enough for secrets of 112 random bits or more (OWASP ASVS 5.0, 6.5.2), so for nothing that people make.

    Any text has a hash, also such as no UTF-8 can hold.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def hashes_match(one: bytes, other: bytes) -> bool:
    """Whether two hashes agree, in constant time."""
    return hmac.compare_digest(one, other)


def join_refresh_token(family: str, secret: str) -> str:
    """A refresh token: the family's part, which stays, and the secret's part, which is good once."""
    return f"{family}.{secret}"


def split_refresh_token(token: str) -> tuple[str, str]:
    """Both parts; the second is empty where the text is no refresh token."""
    family, _, secret = token.partition(".")
    return family, secret


def generate_recovery_codes(tokens: TokenSource) -> tuple[str, ...]:
    """Ten new codes of 24 characters: 120 random bits, so that a plain hash keeps them (ASVS 5.0, 6.5.2)."""
    return tuple("-".join(tokens.code() for _ in range(_PARTS)) for _ in range(RECOVERY_CODE_COUNT))


def hash_recovery_code(code: str) -> bytes:
    """The hash of a recovery code as a person types it."""
    return hash_token(normalize_code(code))


def is_recovery_code(typed: str) -> bool:
    """Whether it has the length of a recovery code, and so is not meant as an authenticator's six digits."""
    return len(normalize_code(typed)) == _LENGTH
