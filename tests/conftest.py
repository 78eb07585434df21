"""Hypothesis profiles: few, reproducible examples in ordinary runs; a thousand in `nox -s deep`."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ordinary",
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("deep", max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))
