"""Use cases about people, one per module."""
