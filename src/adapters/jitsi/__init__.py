"""Jitsi Meet: rooms that open with a signed token."""
