"""Passwords from known breaches, by a service's range query."""
