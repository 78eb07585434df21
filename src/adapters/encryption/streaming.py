"""Encryption of files' content in segments, each of which can be decrypted by itself, so that ranges can be read.

It is Tink's AES-GCM-HKDF streaming format, with keys of 256 bits and SHA-256:

    header    its length (1 byte, 40), a salt (32 bytes), a nonce prefix (7 bytes)
    segments  AES-256-GCM of a part of the content, and its tag

The header counts as a part of the first segment. All segments but the last are of `SEGMENT_BYTES` bytes. A segment's
nonce is the prefix, the segment's number (4 bytes), and whether it is the last (1 byte): so segments can be neither
left out nor swapped, and nothing can be cut off or appended. The key of the segments is derived from the content's key,
the salt, and the associated data, which names the stored object.
"""

import os
from typing import Final
from uuid import UUID

from attrs import define, field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.encryption.cipher import KEY_BYTES, DecryptionFailed
from portal_core.files.content_ports import ContentKey

SEGMENT_BYTES: Final = 256 * 1024
"""Segments of 1 MiB are no faster (`python -m bench.files`); an upload would need four times the memory, and a short
range decrypt four times the bytes. It can never change: what is stored does not state it."""

HEADER_BYTES: Final = 1 + KEY_BYTES + 7
_TAG_BYTES: Final = 16
_PLAIN_BYTES: Final = SEGMENT_BYTES - _TAG_BYTES
"""The part of the content in a segment; of the first one, the header takes its share."""


@frozen
class Segments:
    """Where the segments of a content of `size` bytes lie, in the content and as stored."""

    size: int

    @property
    def count(self) -> int:
        """How many there are. An empty content has one, which is empty."""
        return self.number_at(max(0, self.size - 1)) + 1

    @property
    def stored_size(self) -> int:
        """The size in bytes of all that is stored."""
        return HEADER_BYTES + self.size + self.count * _TAG_BYTES

    def number_at(self, position: int) -> int:
        """The number of the segment that holds the content's byte at this position."""
        return (position + HEADER_BYTES) // _PLAIN_BYTES

    def start(self, number: int) -> int:
        """The position in the content at which this segment starts."""
        return max(0, number * _PLAIN_BYTES - HEADER_BYTES)

    def stored_start(self, number: int) -> int:
        """The position at which this segment is stored; the first includes the header."""
        return number * SEGMENT_BYTES

    def stored_stop(self, number: int) -> int:
        """The position at which this segment ends as stored."""
        return min((number + 1) * SEGMENT_BYTES, self.stored_size)


@define(eq=False)
class _SegmentCipher:
    """The derived key and the nonces of one content."""

    _key: ContentKey
    _object_id: UUID
    header: bytes
    _aead: AESGCM = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if len(self._key.value) != KEY_BYTES:
            raise ValueError(f"a content key has {KEY_BYTES} bytes")
        salt = self.header[1 : 1 + KEY_BYTES]
        derivation = HKDF(SHA256(), KEY_BYTES, salt, f"files.content/{self._object_id}".encode())
        self._aead = AESGCM(derivation.derive(self._key.value))

    def encrypt(self, number: int, plain: memoryview, *, last: bool) -> bytes:
        return self._aead.encrypt(self._nonce(number, last), plain, None)

    def decrypt(self, number: int, stored: bytes | memoryview, *, last: bool) -> bytes:
        return self._aead.decrypt(self._nonce(number, last), stored, None)

    def _nonce(self, number: int, last: bool) -> bytes:
        return self.header[1 + KEY_BYTES :] + number.to_bytes(4) + bytes([last])


@define(eq=False)
class ContentEncryptor:
    """Encrypts one content as it comes. Holds back one segment at most: whether it is the last is not known before."""

    key: ContentKey
    object_id: UUID
    _cipher: _SegmentCipher = field(init=False)
    _number: int = field(init=False, default=0)
    _held: memoryview = field(init=False, factory=lambda: memoryview(bytearray(_PLAIN_BYTES)), repr=False)
    _length: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        header = bytes([HEADER_BYTES]) + os.urandom(HEADER_BYTES - 1)
        self._cipher = _SegmentCipher(self.key, self.object_id, header)

    def feed(self, plain: bytes | memoryview) -> bytes:
        """Take more of the content; returns the segments, as stored, that are now known not to be the last."""
        done, rest = [], memoryview(plain)
        while rest:
            room = (_PLAIN_BYTES if self._number else _PLAIN_BYTES - HEADER_BYTES) - self._length
            if not room:
                done.append(self._segment(last=False))
                continue
            taken = rest[:room]
            self._held[self._length : self._length + len(taken)] = taken
            self._length += len(taken)
            rest = rest[len(taken) :]
        return b"".join(done)

    def finish(self) -> bytes:
        """The last segment, as stored. Nothing can be fed any more."""
        return self._segment(last=True)

    def _segment(self, *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(self._number, self._held[: self._length], last=last)
        self._number += 1
        self._length = 0
        return sealed if self._number > 1 else self._cipher.header + sealed


@define(eq=False)
class ContentDecryptor:
    """Decrypts any segment of one content, whose size is known from elsewhere."""

    key: ContentKey
    object_id: UUID
    segments: Segments
    header: bytes
    _cipher: _SegmentCipher = field(init=False)

    def __attrs_post_init__(self) -> None:
        if len(self.header) != HEADER_BYTES or self.header[0] != HEADER_BYTES:
            raise DecryptionFailed("not a content's header")
        self._cipher = _SegmentCipher(self.key, self.object_id, self.header)

    def segment(self, number: int, stored: bytes | memoryview) -> bytes:
        """The content in this segment, from all its stored bytes; those of the first include the header.

        Raises:
            DecryptionFailed: it is another segment, or one of another content, size or key; or it was altered.
        """
        expected = self.segments.stored_stop(number) - self.segments.stored_start(number)
        if len(stored) != expected:
            raise DecryptionFailed(f"segment {number} has {len(stored)} bytes, not {expected}")
        try:
            sealed = stored if number else stored[HEADER_BYTES:]
            return self._cipher.decrypt(number, sealed, last=number == self.segments.count - 1)
        except InvalidTag:
            raise DecryptionFailed(f"segment {number} is not of this content and key") from None
