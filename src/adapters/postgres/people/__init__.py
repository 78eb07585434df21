"""Practices and their people in PostgreSQL."""
