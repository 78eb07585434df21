"""The contract suite of rate limits on the memory adapter."""

import pytest
from attrs import define, field

from adapters.memory.engine.limits import MemoryRateLimits
from tests.support.clock import FixedClock
from tests.support.contracts.kernel.rate_limits import RateLimitsContract, RateLimitsHarness


@define
class MemoryRateLimitsHarness(RateLimitsHarness):
    clock: FixedClock = field(factory=FixedClock)
    limits: MemoryRateLimits = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.limits = MemoryRateLimits(self.clock)


@pytest.fixture
def harness() -> MemoryRateLimitsHarness:
    return MemoryRateLimitsHarness()


class TestMemoryRateLimits(RateLimitsContract): ...
