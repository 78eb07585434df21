"""Jitsi Meet: video rooms opened with a signed token."""
