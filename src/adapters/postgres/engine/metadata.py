"""The metadata of all tables: the engine's own, and those of each feature's `tables` module."""

import adapters.postgres
from adapters.feature_discovery import feature_modules
from adapters.postgres.engine.columns import metadata

for _module in feature_modules(adapters.postgres, "tables"):
    assert _module

__all__ = ["metadata"]
