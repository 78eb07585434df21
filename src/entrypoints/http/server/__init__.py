"""Requests and responses: authentication, cookies, throttling, and errors rendered as problems."""
