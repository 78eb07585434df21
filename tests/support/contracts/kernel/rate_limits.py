"""The contract of every `RateLimits`. Subclasses provide the fixture `harness`."""

import asyncio
from abc import ABC
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal_core.kernel.errors import RateLimited
from portal_core.kernel.limits import Limit, RateLimits
from tests.support.clock import FixedClock

THREE = Limit("test_three", 3, timedelta(minutes=10))
TWO = Limit("test_two", 2, timedelta(minutes=1))
SECOND = timedelta(seconds=1)


class RateLimitsHarness(ABC):
    """Rate limits and the clock that they use."""

    limits: RateLimits
    clock: FixedClock


class RateLimitsContract:
    """An exact sliding window."""

    async def test_sliding_window_limit(self, harness: RateLimitsHarness) -> None:
        practice = uuid4()
        for _ in range(3):
            await harness.limits.take(practice, THREE, "k")
            harness.clock.advance(timedelta(minutes=1))
        with pytest.raises(RateLimited) as limited:
            await harness.limits.take(practice, THREE, "k")
        assert limited.value.retry_after == 7 * 60
        harness.clock.advance(7 * 60 * SECOND - SECOND)
        with pytest.raises(RateLimited) as limited:
            await harness.limits.take(practice, THREE, "k")
        assert limited.value.retry_after == 1
        harness.clock.advance(SECOND)
        await harness.limits.take(practice, THREE, "k")
        with pytest.raises(RateLimited) as limited:
            await harness.limits.take(practice, THREE, "k")
        assert limited.value.retry_after == 60

    async def test_released_attempt_makes_room_for_one(self, harness: RateLimitsHarness) -> None:
        practice = uuid4()
        await harness.limits.release(practice, THREE, "k")
        for _ in range(3):
            await harness.limits.take(practice, THREE, "k")
            harness.clock.advance(timedelta(minutes=1))
        await harness.limits.release(practice, THREE, "other")
        await harness.limits.release(uuid4(), THREE, "k")
        with pytest.raises(RateLimited):
            await harness.limits.take(practice, THREE, "k")
        await harness.limits.release(practice, THREE, "k")
        await harness.limits.take(practice, THREE, "k")
        with pytest.raises(RateLimited) as limited:
            await harness.limits.take(practice, THREE, "k")
        assert limited.value.retry_after == 7 * 60

    async def test_practices_limits_and_keys_are_counted_separately(self, harness: RateLimitsHarness) -> None:
        practice = uuid4()
        for other, limit, key in (
            (practice, TWO, "k"),
            (uuid4(), TWO, "k"),
            (practice, THREE, "k"),
            (practice, TWO, "l"),
            (practice, TWO, "K"),
            (practice, TWO, ""),
            (practice, TWO, "\ud800\x00"),
        ):
            for _ in range(limit.max_attempts):
                await harness.limits.take(other, limit, key)
            with pytest.raises(RateLimited):
                await harness.limits.take(other, limit, key)

    async def test_concurrent_attempts_are_counted_exactly(self, harness: RateLimitsHarness) -> None:
        practice = uuid4()
        results = await asyncio.gather(
            *(harness.limits.take(practice, THREE, "k") for _ in range(20)), return_exceptions=True
        )
        assert sum(result is None for result in results) == 3
        assert sum(isinstance(result, RateLimited) for result in results) == 17

    @given(waits=st.lists(st.integers(min_value=0, max_value=400), min_size=1, max_size=25))
    async def test_any_history_matches_reference_model(self, harness: RateLimitsHarness, waits: list[int]) -> None:
        practice: UUID = uuid4()
        window, taken = int(THREE.window.total_seconds()), list[int]()
        now = 0
        for wait in waits:
            now += wait
            harness.clock.advance(wait * SECOND)
            counted = [at for at in taken if now - at < window]
            if len(counted) < THREE.max_attempts:
                await harness.limits.take(practice, THREE, "k")
                taken.append(now)
                continue
            with pytest.raises(RateLimited) as limited:
                await harness.limits.take(practice, THREE, "k")
            assert limited.value.retry_after == counted[0] + window - now
