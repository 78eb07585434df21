"""Proxy access in PostgreSQL."""
