"""Field encryption: AES-256-GCM (NIST SP 800-38D) with the row's identity as associated data."""

import os

from attrs import define, field
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"


class DecryptionFailed(Exception):
    """The value was encrypted with another key or for another field, or it was altered or truncated."""


def new_key() -> bytes:
    """Return 256 random bits from the operating system."""
    return os.urandom(KEY_BYTES)


@define
class Cipher:
    """Encrypts (seals) and decrypts (opens) values with one key.

    `associated_data` names the field that the value belongs to (`table.column/row id`); a value that was moved to
    another row, column or client cannot be decrypted. With random 96-bit nonces, one key may encrypt at most 2^32
    values (SP 800-38D, 8.3).
    """

    _key: bytes = field(repr=False)
    _aead: AESGCM = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._aead = AESGCM(self._key)

    def seal(self, plain: bytes, associated_data: str) -> bytes:
        """Encrypt a value. Returns the format byte, nonce, ciphertext and tag."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._aead.encrypt(nonce, plain, associated_data.encode())

    def open(self, sealed: bytes, associated_data: str) -> bytes:
        """Decrypt a value.

        Raises:
            DecryptionFailed: it was encrypted with another key or for another field, or it was altered.
        """
        if sealed[:1] != _FORMAT:
            raise DecryptionFailed("unknown format")
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, body, associated_data.encode())
        except (InvalidTag, ValueError):  # the tag does not match, or the value is too short for one
            raise DecryptionFailed("not encrypted with this key for this field") from None
