"""A general throttle for each session or address, local to this process. The core's `RateLimits` are the exact ones."""

from collections.abc import Callable
from math import ceil

from portal_core.kernel.errors import RateLimited


class Throttle:
    """Token buckets of `burst` requests, refilled at `rate` requests per second. A rate of 0 turns the throttle off.

    The first request of a session also takes from the address's bucket, so that made-up session tokens do not give
    unlimited fresh buckets. At most `max_buckets` buckets are stored; the least recently used is dropped first.
    """

    def __init__(self, rate: float, burst: int, seconds: Callable[[], float], *, max_buckets: int = 50_000) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._seconds = seconds
        self._most = max_buckets
        self._buckets: dict[object, tuple[float, float]] = {}

    def take(self, address: str, session: str = "") -> None:
        """Count one request.

        Raises:
            RateLimited: the bucket is empty.
        """
        if self._rate <= 0:
            return
        now = self._seconds()
        if not session:
            self._spend(address, now)
            return
        key = hash(session)
        if key not in self._buckets:
            self._spend(address, now)
        self._spend(key, now)

    def _spend(self, key: object, now: float) -> None:
        left, since = self._buckets.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        if left < 1.0:
            self._buckets[key] = (left, now)
            raise RateLimited(ceil((1.0 - left) / self._rate))
        self._buckets[key] = (left - 1.0, now)
        if len(self._buckets) > self._most:
            del self._buckets[next(iter(self._buckets))]
