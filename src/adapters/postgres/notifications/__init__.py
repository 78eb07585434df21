"""Notifications in PostgreSQL."""
