"""Practices and their people in memory."""
