"""Codes that people type, such as the ones mailed to an address to prove it. Only their hashes are stored.

A mailed code is generated when its mail is written. It has 40 random bits; the limited number of attempts for each code
makes guessing infeasible. Its hash could be searched for the code, so repositories store it encrypted with a key
that is not in the database.
"""

import hashlib
import hmac
import unicodedata
from unicodedata import category
from uuid import UUID

_LABEL = ("BCDFGHJKLMNPQRSTVWXZ", "23456789") * 2
_LOOKALIKES = str.maketrans("OIL", "011")
_DASHES = ("Pd", "Cf")
"""Dashes of all lengths, and characters that are not visible, such as soft hyphens and zero-width spaces."""


def compact_code(typed: str) -> str:
    """Return a code without the blanks and dashes that people type or paste within it, and with ASCII digits.

    Accepts any text. Other characters are those of NFKC: what a keyboard types in full width is read as usual.
    """
    text = unicodedata.normalize("NFKC", typed)
    kept = (one for one in text if not one.isspace() and one != "\N{MINUS SIGN}" and category(one) not in _DASHES)
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in kept)


def normalize_code(typed: str) -> str:
    """Return a code in its generated form: upper case, without dashes and spaces, look-alikes replaced.

    Look-alikes as in Crockford's base 32: O is read as 0, I and L as 1.
    """
    return compact_code(typed).upper().translate(_LOOKALIKES)


def hash_code(subject_id: UUID, typed: str) -> bytes:
    """Return the SHA-256 of a typed code, bound to the subject that the code is for.

    Accepts any text, including lone surrogates, which UTF-8 cannot encode.
    """
    return hashlib.sha256(f"{subject_id} {normalize_code(typed)}".encode("utf-8", "surrogatepass")).digest()


def code_label(subject_id: UUID) -> str:
    """Return four characters that tell a mailed code from others at the same address, such as `B4K7`.

    It follows from the id of what the code is for, and says nothing of the code or the person. Letters and digits take
    turns, without vowels and look-alikes, so that no word arises and it can be read out on the telephone.
    """
    digest = hashlib.sha256(b"label" + subject_id.bytes).digest()
    return "".join(letters[byte % len(letters)] for letters, byte in zip(_LABEL, digest, strict=False))


def code_matches(code_hash: bytes | None, subject_id: UUID, typed: str) -> bool:
    """Whether `typed` is the code with this hash, compared in constant time. False when there is no hash."""
    return code_hash is not None and hmac.compare_digest(code_hash, hash_code(subject_id, typed))
