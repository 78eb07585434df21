"""The general throttle."""

import pytest

from entrypoints.http.server.throttle import Throttle
from portal_core.kernel.errors import RateLimited


def taken(throttle: Throttle, *keys: str, max_buckets: int = 1000) -> int:
    for count in range(max_buckets):
        try:
            throttle.take(*keys)
        except RateLimited:
            return count
    return max_buckets


def test_burst_then_steady_rate() -> None:
    now = [0.0]
    throttle = Throttle(2.0, 5, lambda: now[0])
    assert taken(throttle, "198.51.100.4") == 5
    now[0] = 1.0
    assert taken(throttle, "198.51.100.4") == 2
    now[0] = 1000.0
    assert taken(throttle, "198.51.100.4") == 5


def test_error_has_the_seconds_to_wait() -> None:
    throttle = Throttle(0.1, 1, lambda: 0.0)
    throttle.take("a")
    with pytest.raises(RateLimited) as caught:
        throttle.take("a")
    assert caught.value.retry_after == 10


def test_known_session_does_not_use_the_address_bucket() -> None:
    throttle = Throttle(1.0, 5, lambda: 0.0)
    assert taken(throttle, "a", "session") == 5
    assert taken(throttle, "a") == 4


def test_zero_switches_it_off() -> None:
    assert taken(Throttle(0, 0, lambda: 0.0), "a") == 1000


def test_least_recently_used_bucket_is_dropped() -> None:
    throttle = Throttle(1.0, 2, lambda: 0.0, max_buckets=3)
    for key in ("a", "b", "c"):
        assert taken(throttle, key) == 2
    throttle.take("d")
    assert taken(throttle, "a") == 2
    assert taken(throttle, "c") == 0
