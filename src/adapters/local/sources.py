"""Time, ids and randomness from the operating system."""

import os
import secrets
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

from attrs import define, field

from portal_core.kernel.sources import Clock, IdSource, TokenSource

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@define
class SystemClock(Clock):
    """The system clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@define
class Uuid7Ids(IdSource):
    """UUID version 7 (RFC 9562, 5.7): milliseconds, a counter within a millisecond (6.2, method 1), and 62 random bits.

    Because of the counter, the ids of one process always increase, even within a millisecond or if the clock is set
    back.
    """

    _lock: threading.Lock = field(init=False, factory=threading.Lock)
    _last: int = field(init=False, default=0)

    def new(self) -> UUID:
        with self._lock:
            # 48 bits of time and the 12 bits of rand_a, as one increasing number.
            self._last = max(self._last + 1, (time.time_ns() // 1_000_000) << 12)
            stamp = self._last
        random = int.from_bytes(os.urandom(8)) >> 2
        return UUID(int=(stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | random)


@define
class SystemTokens(TokenSource):
    """Secrets from the operating system's random generator."""

    def token(self) -> str:
        return secrets.token_urlsafe(32)

    def code(self) -> str:
        return "".join(secrets.choice(_CROCKFORD) for _ in range(8))
