"""Use cases of accounts, one per module."""
