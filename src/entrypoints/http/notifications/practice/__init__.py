"""Notifications in the practice API."""
