"""One field, sealed: AES-256-GCM (NIST SP 800-38D) with the row's identity as associated data."""

import os

from attrs import define, field
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"


class DecryptionFailed(Exception):
    """Not sealed by this key for this place: another row's, changed, or cut."""


def new_key() -> bytes:
    """256 random bits from the operating system."""
    return os.urandom(KEY_BYTES)


@define
class Cipher:
    """Seals and opens under one key.

    `associated_data` names where the sealed value belongs (`table.column/row id`): a value moved to another row, column or
    client does not open. A random 96-bit nonce keeps one key good for 2^32 seals (SP 800-38D, 8.3).
    """

    _key: bytes = field(repr=False)
    _aead: AESGCM = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._aead = AESGCM(self._key)

    def seal(self, plain: bytes, associated_data: str) -> bytes:
        """Format byte, nonce, cipher text and tag."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._aead.encrypt(nonce, plain, associated_data.encode())

    def open(self, sealed: bytes, associated_data: str) -> bytes:
        """The plain bytes.

        Raises:
            Unreadable: another key's, another place's, or changed.
        """
        if sealed[:1] != _FORMAT:
            raise DecryptionFailed("unknown format")
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, body, associated_data.encode())
        except (InvalidTag, ValueError):  # a tag that does not fit, or nothing left to hold one
            raise DecryptionFailed("not sealed here by this key") from None
