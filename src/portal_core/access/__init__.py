"""Proxy access: which account may act on which client's record."""
