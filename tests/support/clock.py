"""Deterministic sources for tests: a clock that moves when told, counting ids, numbered tokens."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from attrs import define, field

from portal_core.kernel.sources import Clock, IdSource, TokenSource


@define
class FixedClock(Clock):
    """Returns `at` until it is advanced. Starts on Monday, 2026-03-02 15:00 UTC (10:00 in New York)."""

    at: datetime = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


@define
class CountingIds(IdSource):
    """1, 2, 3 … as UUIDs; different values of `start` keep two sources apart."""

    start: int = 0
    _last: int = field(init=False, default=0)

    def new(self) -> UUID:
        self._last += 1
        return UUID(int=(self.start << 64) + self._last)


@define
class CountingTokens(TokenSource):
    """token-1, token-2 …; codes CODE0001 …"""

    _last: int = field(init=False, default=0)

    def token(self) -> str:
        self._last += 1
        return f"token-{self._last}"

    def code(self) -> str:
        self._last += 1
        return f"CODE{self._last:04d}"
