"""Time-based one-time passwords (RFC 6238, SHA-1, 30 seconds, 6 digits) as Cognito checks them."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class Verdict(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    USED = "used"


def new_secret() -> str:
    """A base32 key of 256 bits, without padding: what AssociateSoftwareToken returns as SecretCode."""
    return base64.b32encode(secrets.token_bytes(32)).decode().rstrip("=")


def code_at(secret: str, step: int) -> str:
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


@dataclass
class Authenticator:
    """One key and the used codes; a code of the step before or after is accepted, for clock skew."""

    secret: str
    spent: set[int] = field(default_factory=set)

    def spend(self, code: str, now: datetime) -> Verdict:
        """Check a code; a correct one is refused from then on ("has already been used once")."""
        present = int(now.timestamp()) // 30
        matching = [step for step in (present - 1, present, present + 1) if code_at(self.secret, step) == code]
        if not matching:
            return Verdict.WRONG
        if self.spent.intersection(matching):
            return Verdict.USED
        self.spent.update(matching)
        return Verdict.RIGHT
