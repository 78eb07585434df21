"""Practices, their clients, clinicians and staff."""
