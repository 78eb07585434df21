"""Use cases of goals, one per module."""
