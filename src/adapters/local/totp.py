"""Time-based one-time passwords: RFC 6238 with SHA-1, six digits, 30 seconds, as in every authenticator app."""

import hmac
import re
from datetime import datetime

import pyotp

_SECONDS = 30
_DIGITS = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 random bits (RFC 4226, 4, R6), base 32."""
    return pyotp.random_base32()


def matching_step(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The step that the code belongs to: the current one or one to either side, and later than `after`.

    None when it matches none of them. `after` is the last accepted step, so a code works once (RFC 6238, 5.2).
    """
    if not _DIGITS.fullmatch(code):
        return None
    present = int(now.timestamp()) // _SECONDS
    codes = pyotp.HOTP(secret)
    fitting = [
        step for step in (present - 1, present, present + 1) if hmac.compare_digest(codes.generate_otp(step), code)
    ]
    return next((step for step in fitting if step > after), None)
