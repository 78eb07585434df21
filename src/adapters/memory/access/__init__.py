"""Proxy access in memory."""
