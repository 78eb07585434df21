"""Codes that people type, and the only form in which those are kept that are mailed to an address to prove it.

A mailed code is made when its mail is written. It has 40 random bits, which the tries that are counted for each cannot
find.
"""

import hashlib
import hmac
from uuid import UUID

_LOOKALIKES = str.maketrans("OIL", "011", "- ")


def normalize_code(typed: str) -> str:
    """A code as it was made: case, dashes, spaces and look-alikes are forgiven.

    Look-alikes as in Crockford's base 32: O is 0, I and L are 1.
    """
    return typed.strip().upper().translate(_LOOKALIKES)


def hash_code(subject_id: UUID, typed: str) -> bytes:
    """The SHA-256 of a code as a person types it, bound to the one thing that the code is for.

    Any text has a hash, also such as no UTF-8 can hold.
    """
    return hashlib.sha256(f"{subject_id} {normalize_code(typed)}".encode("utf-8", "surrogatepass")).digest()


def code_matches(code_hash: bytes | None, subject_id: UUID, typed: str) -> bool:
    """Whether this is the code of which the hash was kept, if there is one; in constant time."""
    return code_hash is not None and hmac.compare_digest(code_hash, hash_code(subject_id, typed))
