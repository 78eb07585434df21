"""Use cases of proxy access, one per module."""
