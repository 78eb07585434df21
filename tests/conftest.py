"""The order of tests, and the profiles of Hypothesis, chosen by HYPOTHESIS_PROFILE.

`ordinary` takes the same few examples in every run, `random` as many new ones, `deep` a thousand new ones. Only `deep`
makes a failing example smaller: for a state machine that takes minutes, in which a run would say nothing.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "ordinary",
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.target),
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "random", settings.get_profile("ordinary"), derandomize=False, database=settings.default.database, print_blob=True
)
settings.register_profile("deep", max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the tests that mostly wait. If they came last, all processes would wait with them."""
    items.sort(key=lambda item: item.get_closest_marker("waits") is None)
