"""The contract suite of rate limits on the memory adapter."""

import pytest
from attrs import define, field

from adapters.memory.engine.limits import MemoryRateLimits
from tests.support.clock import FixedClock
from tests.support.contracts.kernel.rate_limits import Counter, RateLimitsContract


@define
class MemoryCounter(Counter):
    clock: FixedClock = field(factory=FixedClock)
    limits: MemoryRateLimits = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.limits = MemoryRateLimits(self.clock)


@pytest.fixture
def counter() -> MemoryCounter:
    return MemoryCounter()


class TestMemoryRateLimits(RateLimitsContract): ...
