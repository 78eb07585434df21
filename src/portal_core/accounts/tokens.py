"""The format of tokens and recovery codes, and the hashes under which they are stored."""

import base64
import hashlib
import hmac

from portal_core.kernel.codes import normalize_code
from portal_core.kernel.sources import TokenSource

RECOVERY_CODE_COUNT = 10
_PARTS = 3
_LENGTH = 24


def hash_token(token: str) -> bytes:
    """SHA-256. Enough for secrets of at least 112 random bits (OWASP ASVS 5.0, 6.5.2), so not for ones people choose.

    Hashes any text, including text that cannot be encoded as UTF-8.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def hashes_match(one: bytes, other: bytes) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(one, other)


def join_refresh_token(family: str, secret: str) -> str:
    """A refresh token: the family part, which does not change, and the secret part, which works once."""
    return f"{family}.{secret}"


def split_refresh_token(token: str) -> tuple[str, str]:
    """Both parts; the second is empty when the text is not a refresh token."""
    family, _, secret = token.partition(".")
    return family, secret


def rotated_secrets(secret: str, salt: str) -> tuple[str, str]:
    """The access token and the refresh secret that follow `secret`, of 256 bits each.

    The same for the same salt, so that a repeated refresh gets the same answer. The salt is stored, `secret` only as a
    hash: neither who copied an old token nor who reads the database can derive them.
    """
    return _derived("access", secret, salt), _derived("refresh", secret, salt)


def _derived(purpose: str, secret: str, salt: str) -> str:
    digest = hmac.digest(salt.encode(), f"{purpose} {secret}".encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def generate_recovery_codes(tokens: TokenSource) -> tuple[str, ...]:
    """Ten new codes of 24 characters, which are 120 random bits."""
    return tuple("-".join(tokens.code() for _ in range(_PARTS)) for _ in range(RECOVERY_CODE_COUNT))


def hash_recovery_code(code: str) -> bytes:
    """The hash of a recovery code as a person types it."""
    return hash_token(normalize_code(code))


def is_recovery_code(typed: str) -> bool:
    """Whether it has the length of a recovery code, rather than an authenticator's six digits."""
    return len(normalize_code(typed)) == _LENGTH
